// The picture of one run, or of two side by side, and the plots below them. Knows nothing of the model:
// it draws the frames it is given and tells which person is clicked.

import { Recording, SvgContext, save } from "cmsim-export";

const PHASE = ["#56B4E9", "#E69F00", "#D55E00", "#0072B2"]; // stable, first signs, acute, in hospital (Okabe-Ito)
const RIM = ["#1f6a9a", "#7a5200", "#8f3d00", "#004f7c"]; // so that pale fills stand out from white, 3:1
const LINE = { a: "#0072B2", b: "#D55E00", p: "#777777" };
const TEXT = { a: "#0072B2", b: "#a84900", p: "#636363" }; // the same as words, 4.5:1
const SHADE = { a: "rgba(0,114,178,0.16)", b: "rgba(213,94,0,0.16)", p: "rgba(119,119,119,0.2)" }; // of further runs
const DASH = { a: [], b: [9, 3], p: [2, 3] };
const INK = "#1d2733", GREY = "#5f6b77", PALE = "#e6eaee", CRITICAL = "#CC79A7", GREEN = "#009E73", FULL = "#b87a00";
const DESK = 0, WAITING = 1, WARD = 2, NO_HOME = 3, JAIL = 4, GONE = 5;
const ROOMS = [ // code, label, short label, key under which it is looked up
  [WAITING, "without a worker", "no worker", "place-waiting"], [NO_HOME, "without a home", "no home", "place-no-home"],
  [JAIL, "jail", "jail", "place-jail"], [WARD, "hospital ward", "ward", "hospital"],
];
const WIDE = 620; // from here on labels are written out
const PHASE_WORDS = ["stable", "first signs of a relapse", "acutely ill", "in hospital"];
const CRITICAL_FROM = 4; // criticism in tenths from which a family is marked
const still = window.matchMedia("(prefers-reduced-motion: reduce)"); // nothing glides or fades then
const workerKey = (post, holder) => `w${String(post + 1).padStart(2, "0")}.${holder}`;
const FONT = "system-ui, 'Segoe UI', Roboto, sans-serif";
const GOLDEN = Math.PI * (3 - Math.sqrt(5));
const SEATS_FROM = 8; // seats of the spiral that the worker's disc takes
const LEAST_WIDTH = 120, LEAST_HEIGHT = 110; // below, nothing of the picture could be told apart
const SMALL_SHIFT = 0.4, EASE = 0.4, FADE_MS = 900, PAINT_MS = 45, BACKDROP_MS = 250;

function sunflower(seat, first, step) {
  const n = seat + first, r = step * Math.sqrt(n), t = n * GOLDEN;
  return [r * Math.cos(t), r * Math.sin(t)];
}

class Pane {
  constructor(name) {
    this.name = name;
    this.keys = [];
    this.now = null;
    this.network = { among: [], families: [], helpers: [], helper_keys: [] };
    this.at = []; // where each client is drawn now
    this.goal = [];
    this.metAt = 0;
    this.desks = [];
    this.helperAt = [];
    this.spots = []; // further things that can be clicked: { key, x, y, w, h, label }
    this.ringSpots = []; // likewise, drawn round whoever is selected
    this.mostSeats = 0;
  }
  open(data, glides) { // gliding, everybody goes on from where they are
    this.keys = data.keys.slice();
    this.cast = data.cast;
    if (!glides) { this.at = []; this.mostSeats = 0; }
    this.take(data);
  }
  cover() { // forget everybody, as if nothing had ever been shown
    this.now = null;
    this.keys = []; this.at = []; this.goal = []; this.desks = []; this.helperAt = []; this.spots = []; this.ringSpots = [];
    this.network = { among: [], families: [], helpers: [], helper_keys: [] };
    this.behindOf = null; this.settled = false;
  }
  take(data) {
    if (data !== null && this.now !== null && data.day > this.now.day && data.keys) this.keys.push(...data.keys);
    if (data.network) this.network = data.network;
    this.now = data;
    this.metAt = performance.now();
    this.layOut();
  }
  size(width, height) {
    if (this.width === width && this.height === height) return;
    this.width = width;
    this.height = height;
    this.at = [];
    if (this.now) this.layOut();
  }
  layOut() {
    if (!this.width || !this.now) return;
    const { now, width, height } = this;
    const wordy = width > WIDE, top = wordy ? 34 : 58, bottom = Math.max(Math.min(84, height * 0.3), height * 0.19);
    const tall = Math.max(height - top - bottom, 1);
    const posts = [];
    now.workers.forEach((w, post) => { if (w[3] !== 3) posts.push(post); });
    posts.sort((x, y) => now.workers[x][4] - now.workers[y][4] || x - y);
    let best = null;
    for (let columns = 1; columns <= Math.max(posts.length, 1); columns++) {
      const rows = Math.ceil(posts.length / columns) || 1;
      const cell = Math.min(width / columns, tall / rows);
      if (!best || cell > best.cell) best = { columns, rows, cell };
    }
    const wide = width / best.columns, high = tall / best.rows;
    // the spiral must hold the last seat in use; it only ever grows, so that nobody is moved about
    this.mostSeats = Math.max(this.mostSeats, 26, ...now.workers.map((w) => w[1]), ...now.desk.map((seat) => seat + 1));
    this.step = Math.max(Math.min(wide, high) / 2 - 3, 1) / (Math.sqrt(this.mostSeats + SEATS_FROM) + 0.9);
    this.dot = Math.max(2.2, Math.min(this.step * 0.6, 8));
    this.disc = Math.max(this.step * 2.05, 9);
    this.desks = [];
    posts.forEach((post, i) => {
      const column = i % best.columns, row = Math.floor(i / best.columns);
      this.desks[post] = [wide * (column + 0.5), top + high * (row + 0.5)];
    });
    // the places below
    const y = height - bottom + 20;
    const shares = wordy ? [0.24, 0.24, 0.12, 0.4] : [0.22, 0.22, 0.16, 0.4];
    let x = 6;
    this.rooms = {};
    ROOMS.forEach(([room], i) => {
      const w = (width - 12) * shares[i] - 6;
      const seats = room === WARD ? now.hospital[1] : 1 + Math.max(0, ...now.room.filter((_, i) => +now.place[i] === room));
      this.rooms[room] = { x, y, w, h: bottom - 26, dot: this.roomDot(w, bottom - 26, seats) };
      x += w + 6;
    });
    this.layOutSpots(wordy);
    this.goal = this.keys.map((_, i) => this.place(i));
    if (this.at.length === 0) this.at = this.goal.map((g) => (g ? g.slice() : null));
    for (let i = this.at.length; i < this.goal.length; i++) this.at.push(this.goal[i] && this.goal[i].slice());
  }
  // how large people are drawn in a room so that all have a place of their own
  roomDot(w, h, seats) {
    let dot = this.dot;
    const held = () => Math.max(Math.floor((w - 10) / (dot * 2.5)), 1) * Math.max(Math.floor((h - 22) / (dot * 2.5)), 1);
    while (held() < seats && dot > 1) dot *= 0.95;
    return dot;
  }
  layOutSpots(wordy) {
    const { now, width } = this, names = this.cast.agencies, first = wordy ? 132 : 46;
    this.top = { first, agencies: [], doctors: [], columns: wordy ? names.length : 3 };
    for (let n = 0; n < now.psychiatrists; n++) {
      const x = 14 + (n % 2) * 17, y = (wordy ? 16 : 14) + Math.floor(n / 2) * 17;
      this.top.doctors.push({ key: `psychiatrist-${n + 1}`, x: x - 8, y: y - 8, w: 16, h: 16, label: `psychiatrist ${n + 1}` });
    }
    const cell = (width - first - 4) / this.top.columns;
    names.forEach((name, i) => {
      const [held, count, queue] = now.agencies[i];
      const x = first + (i % this.top.columns) * cell, y = 2 + Math.floor(i / this.top.columns) * 27;
      const label = `agency for ${name}: ${held} of ${count} places taken${queue ? `, ${queue} waiting` : ""}`;
      this.top.agencies.push({ key: `agency-${name}`, x, y, w: cell - 8, h: 24, label });
    });
    const rooms = ROOMS.map(([code, label, , key]) => ({ key, ...this.rooms[code], label }));
    this.spots = [...this.top.doctors, ...this.top.agencies, ...rooms];
  }
  // all that can be reached by the arrow keys, with where it is
  reachable() {
    const found = [];
    this.at.forEach((p, i) => { if (p && this.goal[i]) found.push({ key: this.keys[i], sort: "client", row: i, x: p[0], y: p[1] }); });
    this.desks.forEach((d, post) => {
      if (d) found.push({ key: workerKey(post, this.now.workers[post][0]), sort: "worker", post, x: d[0], y: d[1] });
    });
    for (const spot of [...this.spots, ...this.ringSpots]) found.push({ ...spot, sort: "spot", x: spot.x + spot.w / 2, y: spot.y + spot.h / 2 });
    return found;
  }
  next(from, dx, dy) {
    let best = null, least = Infinity;
    for (const one of this.reachable()) {
      const along = (one.x - from.x) * dx + (one.y - from.y) * dy, aside = Math.abs((one.x - from.x) * dy) + Math.abs((one.y - from.y) * dx);
      const far = along + 2.5 * aside;
      if (along > 1 && far < least) { least = far; best = one; }
    }
    return best;
  }
  familyAt(i) {
    const p = this.at[i], r = this.dot;
    return p && +this.now.place[i] === DESK && this.network.families[i] >= 0 ? [p[0] + r * 1.2, p[1] - r * 1.45] : null;
  }
  label(found) {
    const { now } = this;
    if (found.sort === "client") {
      const phase = +now.phase[found.row], noticed = now.noticed[found.row] === "1";
      const known = phase === 1 ? (noticed ? ", noticed" : ", nobody has noticed") : "";
      return `${found.key}: ${PHASE_WORDS[phase]}${known}`;
    }
    if (found.sort === "worker") {
      const w = now.workers[found.post];
      if (w[3] === 0) return `post ${found.post + 1}: vacant`;
      return `${found.key}: ${w[1]} clients, exhaustion ${w[2]} of 54${w[3] === 2 ? ", has given notice" : ""}`;
    }
    return found.label || found.key;
  }
  place(i) {
    const { now } = this, where = +now.place[i];
    if (Number.isNaN(where) || where === GONE) return null;
    if (where === DESK) return this.seat(i);
    const room = this.rooms[where], seat = now.room[i];
    const gap = room.dot * 2.5, columns = Math.max(Math.floor((room.w - 10) / gap), 1);
    const rows = Math.max(Math.floor((room.h - 22) / gap), 1);
    const n = seat % (columns * rows);
    return [room.x + 8 + (n % columns) * gap + room.dot * 0.4, room.y + 20 + room.dot + Math.floor(n / columns) * gap];
  }
  seat(i) {
    const desk = this.desks[this.now.post[i]];
    if (!desk) return null;
    const [dx, dy] = sunflower(this.now.desk[i], SEATS_FROM, this.step);
    return [desk[0] + dx, desk[1] + dy];
  }
  find(x, y, families) {
    const inside = (spot) => x >= spot.x && x <= spot.x + spot.w && y >= spot.y && y <= spot.y + spot.h;
    const ring = this.ringSpots.find(inside);
    if (ring) return { ...ring, sort: "spot" };
    let found = null, near = Math.max(this.dot * 1.6, 9);
    this.at.forEach((p, i) => {
      if (!p || !this.goal[i]) return;
      const d = Math.hypot(p[0] - x, p[1] - y);
      if (d < near) { near = d; found = { key: this.keys[i], sort: "client", row: i }; }
      const f = families && this.familyAt(i), e = f ? Math.hypot(f[0] - x, f[1] - y) : Infinity;
      if (e < near) {
        near = e;
        const critical = this.network.families[i] >= CRITICAL_FROM ? ", with high criticism" : "";
        found = { key: `f-${this.keys[i]}`, sort: "spot", label: `family of ${this.keys[i]}${critical}` };
      }
    });
    if (found && near < this.dot * 1.3) return found;
    const helper = this.helperAt.findIndex((p) => p && Math.hypot(p[0] - x, p[1] - y) < 5);
    if (helper >= 0) return { key: this.network.helper_keys[helper], sort: "spot", label: "a friend or neighbour of several clients" };
    if (found) return found;
    this.desks.forEach((d, post) => {
      if (d && Math.hypot(d[0] - x, d[1] - y) < this.disc + 3) found = { key: workerKey(post, this.now.workers[post][0]), sort: "worker", post };
    });
    if (found) return found;
    const spot = this.spots.find(inside);
    return spot ? { ...spot, sort: "spot" } : null;
  }
  ease() {
    let moving = false;
    for (let i = 0; i < this.goal.length; i++) {
      const g = this.goal[i], p = this.at[i];
      if (!g) { this.at[i] = null; continue; }
      if (!p) { this.at[i] = g.slice(); moving = true; continue; }
      const dx = g[0] - p[0], dy = g[1] - p[1];
      if (still.matches || Math.abs(dx) + Math.abs(dy) < SMALL_SHIFT) { p[0] = g[0]; p[1] = g[1]; continue; }
      p[0] += dx * EASE; p[1] += dy * EASE;
      moving = true;
    }
    this.moving = moving;
    return moving || (!still.matches && performance.now() - this.metAt < FADE_MS);
  }
  draw(ctx, view) {
    const { now, width, height } = this;
    ctx.clearRect(0, 0, width, height);
    if (!now) return;
    if (width < LEAST_WIDTH || height < LEAST_HEIGHT) {
      ctx.fillStyle = INK; ctx.font = `13px ${FONT}`; ctx.textAlign = "left"; ctx.textBaseline = "top";
      ctx.fillText("Too small for the picture: enlarge the window, or zoom out.", 6, 6, Math.max(width - 12, 1));
      return;
    }
    ctx.drawImage(this.backdrop(view, ctx), 0, 0, width, height);
    if (view.contacts) this.drawMet(ctx);
    if (view.families) this.drawFamilies(ctx);
    this.drawDesks(ctx);
    this.drawClients(ctx);
    this.drawNotices(ctx);
    this.ringSpots = [];
    if (view.selected) this.drawSelected(ctx, view.selected);
    if (view.hover && view.hover.pane === this.name) this.drawHover(ctx, view.hover);
  }
  // places, ties and lines to workers: many and slow to draw, so drawn again only a few times a second
  backdrop(view, like) {
    const now = performance.now(), { canvas } = like;
    if (!this.behind) this.behind = document.createElement("canvas");
    const stale = this.behind.width !== canvas.width || this.behind.height !== canvas.height || this.behindTies !== view.ties;
    if (stale || now - (this.behindAt || 0) > BACKDROP_MS || !this.moving) {
      if (this.moving || stale || this.behindOf !== this.now || !this.settled) {
        this.behind.width = canvas.width; this.behind.height = canvas.height;
        const ctx = this.behind.getContext("2d");
        ctx.setTransform(canvas.width / this.width, 0, 0, canvas.height / this.height, 0, 0);
        this.drawPlaces(ctx);
        this.drawTop(ctx);
        if (view.ties) this.drawTies(ctx);
        this.drawLinks(ctx);
        this.behindAt = now; this.behindOf = this.now; this.behindTies = view.ties; this.settled = !this.moving;
      }
    }
    return this.behind;
  }
  drawTop(ctx) {
    const { now, top } = this;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    ctx.fillStyle = INK;
    for (const one of top.doctors) this.diamondMark(ctx, one.x + 8, one.y + 8);
    ctx.font = `13px ${FONT}`;
    if (top.first > 60) ctx.fillText("psychiatrists", 24 + 17 * Math.min(top.doctors.length - 1, 1), 16, top.first - 44);
    this.cast.agencies.forEach((name, i) => {
      const [held, count, queue] = now.agencies[i], { x, y, w } = top.agencies[i];
      ctx.fillStyle = PALE;
      ctx.fillRect(x, y + 17, w, 6);
      ctx.fillStyle = held >= count ? FULL : GREEN;
      if (count) ctx.fillRect(x, y + 17, w * Math.min(held / count, 1), 6);
      ctx.fillStyle = INK;
      ctx.font = `13px ${FONT}`;
      const wide = ctx.measureText(name).width + 60 <= w;
      const full = held < count ? "" : queue ? `${wide ? "full " : ""}+${queue}` : "full";
      ctx.font = `600 12px ${FONT}`;
      const room = w - (full ? ctx.measureText(full).width + 5 : 0);
      ctx.textAlign = "right";
      ctx.fillText(full, x + w, y + 9);
      ctx.textAlign = "left";
      ctx.font = `13px ${FONT}`;
      ctx.fillText(name, x, y + 9, room);
    });
  }
  diamondMark(ctx, x, y) {
    ctx.beginPath();
    ctx.moveTo(x, y - 7); ctx.lineTo(x + 7, y); ctx.lineTo(x, y + 7); ctx.lineTo(x - 7, y);
    ctx.closePath();
    ctx.fill();
  }
  drawPlaces(ctx) {
    const { now } = this;
    ctx.textBaseline = "alphabetic";
    ctx.textAlign = "left";
    const wordy = this.width > WIDE;
    for (const [code, label, short] of ROOMS) {
      const r = this.rooms[code];
      ctx.fillStyle = code === WARD ? "#eaf2f8" : "#f4f5f6";
      ctx.strokeStyle = "#c6ced6";
      ctx.beginPath();
      ctx.roundRect(r.x, r.y, r.w, r.h, 7);
      ctx.fill();
      ctx.stroke();
      if (code === WARD) this.drawBeds(ctx, r);
      let count = 0;
      for (const place of now.place) if (+place === code) count++;
      ctx.fillStyle = INK;
      ctx.font = `600 13px ${FONT}`;
      const [beds, all, queue] = now.hospital;
      const full = ` · ${wordy ? `beds taken ${beds} of ${all}` : `beds ${beds}/${all}`}${queue ? `, ${queue} wait` : ""}`;
      ctx.fillText(`${wordy ? label : short} ${count}${code === WARD ? full : ""}`, r.x + 7, r.y + 15, r.w - 12);
    }
  }
  drawBeds(ctx, r) {
    // beds, taken by others (grey) or free; clients sit in the first ones
    const [taken, all] = this.now.hospital, gap = r.dot * 2.5, columns = Math.max(Math.floor((r.w - 10) / gap), 1);
    let clients = 0;
    for (const place of this.now.place) if (+place === WARD) clients++;
    const rows = Math.max(Math.floor((r.h - 22) / gap), 1);
    for (let n = 0; n < Math.min(all, columns * rows); n++) {
      const x = r.x + 8 + (n % columns) * gap + r.dot * 0.4, y = r.y + 20 + r.dot + Math.floor(n / columns) * gap, s = r.dot;
      ctx.fillStyle = n >= all - (taken - clients) ? "#b9c6d1" : "#fff";
      ctx.strokeStyle = "#7c8c9a"; ctx.lineWidth = 1;
      ctx.fillRect(x - s, y - s, 2 * s, 2 * s); ctx.strokeRect(x - s, y - s, 2 * s, 2 * s);
    }
  }
  drawTies(ctx) {
    const { among, helpers } = this.network;
    ctx.lineWidth = 1;
    ctx.strokeStyle = "rgba(90,105,120,0.13)";
    ctx.beginPath();
    for (let k = 0; k + 1 < among.length; k += 2) {
      const p = this.at[among[k]], q = this.at[among[k + 1]];
      if (p && q) { ctx.moveTo(p[0], p[1]); ctx.lineTo(q[0], q[1]); }
    }
    ctx.stroke();
    this.helperAt = [];
    helpers.forEach((rows, n) => {
      const seen = rows.map((row) => this.at[row]).filter(Boolean);
      if (seen.length < 2) return;
      const x = seen.reduce((s, p) => s + p[0], 0) / seen.length, y = seen.reduce((s, p) => s + p[1], 0) / seen.length;
      ctx.strokeStyle = "rgba(0,158,115,0.13)";
      ctx.beginPath();
      for (const p of seen) { ctx.moveTo(x, y); ctx.lineTo(p[0], p[1]); }
      ctx.stroke();
      ctx.fillStyle = GREEN;
      ctx.fillRect(x - 3, y - 1, 6, 2); ctx.fillRect(x - 1, y - 3, 2, 6);
      this.helperAt[n] = [x, y];
    });
  }
  drawLinks(ctx) {
    const { now } = this;
    ctx.lineWidth = 1;
    ctx.strokeStyle = "rgba(60,75,90,0.22)";
    ctx.beginPath();
    for (let i = 0; i < this.at.length; i++) {
      const p = this.at[i], d = this.desks[now.post[i]];
      if (p && d) { ctx.moveTo(d[0], d[1]); ctx.lineTo(p[0], p[1]); }
    }
    ctx.stroke();
  }
  drawDesks(ctx) {
    const { now } = this, size = now.caseload;
    this.desks.forEach((d, post) => {
      if (!d) return;
      const [, load, tired, state] = now.workers[post], r = this.disc;
      ctx.beginPath();
      ctx.arc(d[0], d[1], r, 0, 7);
      if (state === 0) {
        ctx.fillStyle = "#fff"; ctx.fill();
        ctx.setLineDash([3, 3]); ctx.strokeStyle = GREY; ctx.lineWidth = 1.5; ctx.stroke(); ctx.setLineDash([]);
        ctx.fillStyle = GREY; ctx.font = `italic ${Math.max(r * 0.62, 11)}px ${FONT}`;
        ctx.textAlign = "center"; ctx.textBaseline = "middle"; ctx.strokeStyle = "#fff"; ctx.lineWidth = 3;
        ctx.strokeText("vacant", d[0], d[1]); ctx.fillText("vacant", d[0], d[1]);
        return;
      }
      const worn = Math.min(tired / 40, 1), shade = Math.round(235 - 190 * worn);
      ctx.fillStyle = `rgb(${shade},${shade},${Math.min(shade + 12, 255)})`;
      ctx.fill();
      const share = load / Math.max(size, 1), start = -Math.PI / 2;
      ctx.lineWidth = r < 14 ? 2.5 : 4;
      ctx.strokeStyle = "#cfd6dd"; ctx.beginPath(); ctx.arc(d[0], d[1], r, 0, 7); ctx.stroke();
      ctx.strokeStyle = INK; ctx.beginPath(); ctx.arc(d[0], d[1], r, start, start + 2 * Math.PI * Math.min(share, 1)); ctx.stroke();
      if (share > 1) {
        ctx.strokeStyle = "#D55E00"; ctx.beginPath();
        ctx.arc(d[0], d[1], r, start, start + 2 * Math.PI * Math.min(share - 1, 1)); ctx.stroke();
      }
      ctx.fillStyle = shade > 117 ? "#000" : "#fff"; // whichever has 4.5:1
      ctx.font = `700 ${Math.max(r * 0.95, 10)}px ${FONT}`;
      ctx.textAlign = "center"; ctx.textBaseline = "middle";
      ctx.fillText(`${load}`, d[0], d[1] + 0.5);
    });
  }
  drawNotices(ctx) {
    ctx.font = `700 13px ${FONT}`; ctx.textAlign = "center"; ctx.textBaseline = "middle";
    this.desks.forEach((d, post) => {
      if (!d || this.now.workers[post][3] !== 2) return;
      const wide = ctx.measureText("leaving").width + 10, y = d[1] + this.disc + 9;
      ctx.fillStyle = TEXT.b; ctx.beginPath(); ctx.roundRect(d[0] - wide / 2, y - 9, wide, 18, 5); ctx.fill();
      ctx.fillStyle = "#fff"; ctx.fillText("leaving", d[0], y + 0.5);
    });
  }
  drawMet(ctx) {
    const age = performance.now() - this.metAt;
    if (age > FADE_MS && !still.matches) return;
    const { met } = this.now, alpha = still.matches ? 0.5 : 0.85 * (1 - age / FADE_MS);
    for (let k = 0; k + 3 < met.length; k += 4) {
      const p = this.at[met[k]], d = this.desks[met[k + 1]];
      if (!p || !d) continue;
      const held = met[k + 3] === 0, phone = met[k + 2] === 1 || met[k + 2] > 5;
      ctx.strokeStyle = held ? `rgba(0,114,178,${alpha})` : `rgba(213,94,0,${alpha})`;
      ctx.lineWidth = phone ? 1.3 : 2.6;
      ctx.setLineDash(held ? [] : [3, 3]);
      ctx.beginPath(); ctx.moveTo(d[0], d[1]); ctx.lineTo(p[0], p[1]); ctx.stroke();
    }
    ctx.setLineDash([]);
  }
  drawFamilies(ctx) {
    const r = this.dot;
    for (let i = 0; i < this.at.length; i++) {
      const at = this.goal[i] && this.familyAt(i);
      if (!at) continue;
      const critical = this.network.families[i] >= CRITICAL_FROM;
      ctx.fillStyle = critical ? CRITICAL : "#fff";
      ctx.strokeStyle = critical ? "#7d2f5e" : "#76828d"; ctx.lineWidth = 1;
      this.house(ctx, at[0], at[1], Math.max(r * 0.75, 2.4));
    }
  }
  house(ctx, x, y, s) {
    ctx.beginPath();
    ctx.moveTo(x, y - s * 1.2); ctx.lineTo(x + s, y - s * 0.2); ctx.lineTo(x + s, y + s); ctx.lineTo(x - s, y + s); ctx.lineTo(x - s, y - s * 0.2);
    ctx.closePath(); ctx.fill(); ctx.stroke();
  }
  drawClients(ctx) {
    const { now } = this;
    for (let i = 0; i < this.at.length; i++) {
      const p = this.at[i];
      if (!p || !this.goal[i]) continue;
      const [x, y] = p, phase = +now.phase[i], room = this.rooms[+now.place[i]], r = room ? room.dot : this.dot;
      ctx.fillStyle = PHASE[phase];
      ctx.strokeStyle = RIM[phase];
      ctx.lineWidth = Math.min(1, r / 3);
      ctx.beginPath();
      if (phase === 2) {
        const s = r * 1.55;
        ctx.moveTo(x, y - s); ctx.lineTo(x + s, y); ctx.lineTo(x, y + s); ctx.lineTo(x - s, y); ctx.closePath();
      } else if (phase === 3) {
        ctx.rect(x - r, y - r, 2 * r, 2 * r);
      } else if (phase === 1) {
        ctx.moveTo(x, y - r * 1.35); ctx.lineTo(x + r * 1.3, y + r); ctx.lineTo(x - r * 1.3, y + r); ctx.closePath();
      } else ctx.arc(x, y, r, 0, 7);
      ctx.fill(); ctx.stroke();
      if ((phase === 1 || phase === 2) && now.noticed[i] === "1") {
        ctx.fillStyle = INK; ctx.beginPath(); ctx.arc(x, y + (phase === 1 ? r * 0.2 : 0), r * 0.38, 0, 7); ctx.fill();
      }
    }
  }
  drawSelected(ctx, selected) {
    const row = this.keys.indexOf(selected.key), mine = this.name === selected.pane;
    const ties = mine ? selected.ties || [] : [];
    const own = this.where(selected, row);
    if (own) this.drawTiesOf(ctx, own, ties, row >= 0, selected.post === undefined);
    else for (const tie of ties) this.drawTied(ctx, tie);
    if (!own) return;
    ctx.strokeStyle = "#000"; ctx.lineWidth = 2.5;
    ctx.beginPath();
    if (own[3]) ctx.roundRect(own[0] - 3, own[1] - 3, own[2] + 6, own[3] + 6, 7); else ctx.arc(own[0], own[1], own[2], 0, 7);
    ctx.stroke();
  }
  // where somebody is drawn: x, y, radius; or x, y, width, height of a place
  where(selected, row) {
    const { key } = selected;
    if (row >= 0) return this.at[row] && this.goal[row] ? [...this.at[row], this.dot + 6] : null;
    if (selected.post !== undefined) return this.desks[selected.post] ? [...this.desks[selected.post], this.disc + 6] : null;
    if (key.startsWith("f-")) {
      const at = this.familyAt(this.keys.indexOf(key.slice(2)));
      return at ? [...at, this.dot + 3] : null;
    }
    const helper = this.network.helper_keys.indexOf(key);
    if (helper >= 0) return this.helperAt[helper] ? [...this.helperAt[helper], 7] : null;
    const spot = this.spots.find((one) => one.key === key);
    return spot ? [spot.x, spot.y, spot.w, spot.h] : null;
  }
  drawTied(ctx, tie) {
    const row = this.keys.indexOf(tie.to), p = row >= 0 && this.goal[row] && this.at[row];
    if (!p) return false;
    ctx.strokeStyle = "#00684d"; ctx.lineWidth = 2;
    ctx.beginPath(); ctx.arc(p[0], p[1], this.dot + 3, 0, 7); ctx.stroke();
    return true;
  }
  drawTiesOf(ctx, own, ties, client, lines) {
    const others = [], round = [client ? own[0] : 0, client ? own[1] : 0];
    for (const tie of ties) {
      const row = this.keys.indexOf(tie.to), p = row >= 0 && this.goal[row] && this.at[row];
      if (p) {
        if (!own[3] && lines) {
          ctx.strokeStyle = GREEN; ctx.lineWidth = 2;
          ctx.beginPath(); ctx.moveTo(own[0], own[1]); ctx.lineTo(p[0], p[1]); ctx.stroke();
        }
        this.drawTied(ctx, tie);
      } else if (client && ["helper", "family", "psychiatrist", "agency"].includes(tie.kind)) others.push(tie);
    }
    const ring = 36, x0 = Math.min(Math.max(round[0], ring + 10), this.width - ring - 10), y0 = Math.min(Math.max(round[1], ring + 10), this.height - ring - 10);
    others.slice(0, 24).forEach((tie, k) => {
      const t = (k / others.length) * 2 * Math.PI - Math.PI / 2, x = x0 + ring * Math.cos(t), y = y0 + ring * Math.sin(t);
      ctx.strokeStyle = "rgba(29,39,51,0.55)"; ctx.lineWidth = 1.4;
      ctx.beginPath(); ctx.moveTo(round[0], round[1]); ctx.lineTo(x, y); ctx.stroke();
      this.tieMark(ctx, tie.kind, x, y);
      this.ringSpots.push({ key: tie.to, x: x - 8, y: y - 8, w: 16, h: 16, label: `${tie.to}: ${tie.text}` });
    });
  }
  tieMark(ctx, kind, x, y) {
    ctx.fillStyle = kind === "family" ? CRITICAL : kind === "helper" ? GREEN : kind === "agency" ? "#E69F00" : INK;
    ctx.strokeStyle = "#fff"; ctx.lineWidth = 1;
    ctx.beginPath();
    if (kind === "family") { ctx.strokeStyle = "#7d2f5e"; this.house(ctx, x, y, 6); }
    else if (kind === "psychiatrist") this.diamondMark(ctx, x, y);
    else if (kind === "agency") { ctx.arc(x, y, 6, 0, 7); ctx.fill(); ctx.stroke(); }
    else { ctx.rect(x - 4.5, y - 4.5, 9, 9); ctx.fill(); ctx.stroke(); }
  }
  drawHover(ctx, hover) {
    const text = this.label(hover);
    let { x, y } = hover;
    ctx.strokeStyle = "#000"; ctx.lineWidth = 2;
    if (hover.keyed) { ctx.beginPath(); ctx.arc(x, y, hover.sort === "worker" ? this.disc + 4 : this.dot + 5, 0, 7); ctx.stroke(); }
    ctx.font = `600 15px ${FONT}`;
    const wide = ctx.measureText(text).width + 16;
    x = Math.min(Math.max(x - wide / 2, 2), this.width - wide - 2);
    y = y > 44 ? y - 34 : y + 16;
    ctx.fillStyle = INK;
    ctx.beginPath(); ctx.roundRect(x, y, wide, 26, 6); ctx.fill();
    ctx.fillStyle = "#fff"; ctx.textAlign = "left"; ctx.textBaseline = "middle";
    ctx.fillText(text, x + 8, y + 13);
  }
}

const NEAR_DAYS = 5; // from a change, within which the pointer tells of it

class Plots {
  constructor() { this.reset(); this.names = {}; }
  reset() { this.bands = {}; this.values = {}; this.first = 0; this.marks = []; this.pick = null; this.start = 0; }
  open(name, day, courses) {
    this.values[name] = {};
    for (const plot in courses) this.values[name][plot] = { first: day - courses[plot].length, data: courses[plot].slice() };
  }
  add(name, day, courses) {
    const held = this.values[name];
    if (!held) return;
    for (const plot in courses) {
      const series = held[plot] || (held[plot] = { first: day - courses[plot].length, data: [] });
      series.data.push(...courses[plot]);
    }
  }
  draw(ctx, box, plot, day, words = false) {
    const { x, y, w, h } = box, left = 40, right = 10, top = 38, bottom = 17;
    const from = this.start, to = Math.max(day, from + 60), px = x + left, pw = w - left - right, py = y + top, ph = h - top - bottom;
    const names = ["p", "a", "b"].filter((name) => this.values[name] && this.values[name][plot.name]);
    let low = Infinity, high = -Infinity;
    for (const name of names) {
      const s = this.values[name][plot.name];
      for (let i = Math.max(from - s.first, 0); i < s.data.length; i++) {
        const v = s.data[i];
        if (v !== null && v !== undefined) { if (v < low) low = v; if (v > high) high = v; }
      }
    }
    const bands = Object.entries(this.bands[plot.name] || {}).map(([name, band]) => [name, banded(band, from, to)]);
    for (const [, points] of bands) for (const one of points) { low = Math.min(low, one.low); high = Math.max(high, one.high); }
    if (low === Infinity) { low = 0; high = 1; }
    low = Math.min(low, plot.zero === false ? low : 0);
    if (high - low < 1e-6) high = low + 1;
    const unit = nice((high - low) / 2);
    high = Math.ceil(high / unit) * unit; low = Math.floor(low / unit) * unit;
    const sx = (d) => px + ((d - from) / (to - from)) * pw, sy = (v) => py + ph - ((v - low) / (high - low)) * ph;
    ctx.fillStyle = "#fff"; ctx.fillRect(x, y, w, h);
    ctx.strokeStyle = "#e3e7eb"; ctx.lineWidth = 1; ctx.font = `12px ${FONT}`; ctx.fillStyle = "#4d5a66";
    ctx.textAlign = "right"; ctx.textBaseline = "middle";
    for (let v = low; v <= high + 1e-9; v += unit) {
      ctx.beginPath(); ctx.moveTo(px, sy(v)); ctx.lineTo(px + pw, sy(v)); ctx.stroke();
      ctx.fillText(String(Math.round(v * 100) / 100), px - 5, sy(v));
    }
    ctx.textAlign = "center"; ctx.textBaseline = "top";
    const every = [7, 14, 28, 91, 182, 365, 730, 1460].find((days) => (days / (to - from)) * pw > 76) || 2920;
    for (let d = Math.ceil(from / every) * every; d <= to; d += every) {
      ctx.beginPath(); ctx.moveTo(sx(d), py); ctx.lineTo(sx(d), py + ph); ctx.stroke();
      ctx.fillText(`day ${d}`, Math.max(Math.min(sx(d), px + pw - 18), px + 20), py + ph + 3);
    }
    ctx.save(); ctx.beginPath(); ctx.rect(px, py - 2, pw, ph + 4); ctx.clip();
    for (const [name, points] of bands) {
      ctx.fillStyle = SHADE[name]; ctx.beginPath();
      for (const one of points) ctx.lineTo(sx(one.day), sy(one.high));
      for (const one of points.slice().reverse()) ctx.lineTo(sx(one.day), sy(one.low));
      ctx.fill();
      ctx.strokeStyle = LINE[name]; ctx.lineWidth = 1; ctx.setLineDash(DASH[name]); ctx.beginPath();
      for (const one of points) ctx.lineTo(sx(one.day), sy(one.mean));
      ctx.stroke(); ctx.setLineDash([]);
    }
    for (const mark of this.marks) {
      ctx.strokeStyle = mark.pane === "b" ? LINE.b : INK; ctx.setLineDash([4, 3]); ctx.lineWidth = 1.4;
      ctx.beginPath(); ctx.moveTo(sx(mark.day), py); ctx.lineTo(sx(mark.day), py + ph); ctx.stroke(); ctx.setLineDash([]);
    }
    for (const name of names) {
      const s = this.values[name][plot.name], begin = Math.max(from - s.first, 0);
      const step = Math.max(1, Math.floor((s.data.length - begin) / (pw * 1.5)));
      ctx.strokeStyle = LINE[name]; ctx.lineWidth = name === "p" ? 1.3 : 2.4; ctx.setLineDash(DASH[name]);
      ctx.beginPath();
      let pen = false;
      for (let i = begin; i < s.data.length; i += step) {
        const v = s.data[i];
        if (v === null || v === undefined) { pen = false; continue; }
        if (pen) ctx.lineTo(sx(s.first + i), sy(v)); else { ctx.moveTo(sx(s.first + i), sy(v)); pen = true; }
      }
      ctx.stroke(); ctx.setLineDash([]);
    }
    if (words) this.drawWords(ctx, sx, px + pw, py);
    if (this.pick !== null) {
      ctx.strokeStyle = "#000"; ctx.lineWidth = 1;
      ctx.beginPath(); ctx.moveTo(sx(this.pick), py); ctx.lineTo(sx(this.pick), py + ph); ctx.stroke();
    }
    ctx.restore();
    ctx.textAlign = "left"; ctx.textBaseline = "top"; ctx.fillStyle = INK; ctx.font = `600 14px ${FONT}`;
    ctx.fillText(plot.label, x + 6, y + 4, w - 12);
    ctx.textAlign = "right";
    let edge = x + w - 8;
    const valued = plot.name === "differing" ? ["p", "b", "a"] : ["b", "a"]; // the placebo run is read off where it is the comparator
    for (const name of valued.filter((name) => names.includes(name))) {
      const s = this.values[name][plot.name];
      const at = this.pick === null ? s.data.length - 1 : Math.min(Math.round(this.pick) - s.first, s.data.length - 1);
      const v = s.data[at];
      const word = name === "p" ? "placebo " : plot.name === "differing" ? "B " : "";
      const text = v === null || v === undefined ? "–" : word + rounded(v);
      ctx.fillStyle = TEXT[name]; ctx.font = `700 15px ${FONT}`;
      ctx.fillText(text, edge, y + 19);
      edge -= ctx.measureText(text).width + 10;
    }
    ctx.font = `12px ${FONT}`; ctx.fillStyle = "#4d5a66"; ctx.textAlign = "left";
    ctx.fillText(plot.unit, x + 6, y + 21, Math.max(edge - x - 8, 30));
    if (this.pick !== null && this.under === plot.name) this.readOff(ctx, box, plot, sx(this.pick));
  }
  // what each mark stands for, beside it, as far as there is room before the next one
  drawWords(ctx, sx, right, top) {
    ctx.font = `11px ${FONT}`; ctx.textAlign = "left"; ctx.textBaseline = "top";
    const days = [...new Set(this.marks.filter((mark) => mark.text).map((mark) => mark.day))].sort((a, b) => a - b);
    days.forEach((day, n) => {
      const marks = this.marks.filter((mark) => mark.day === day), whole = marks.map((mark) => mark.text).join("; ");
      const at = sx(day) + 3, room = (n + 1 < days.length ? sx(days[n + 1]) : right) - at - 2;
      let text = whole;
      while (text && ctx.measureText(`${text} …`).width > room) text = text.replace(/\s*\S+$/, "");
      if (!text) return;
      if (text !== whole) text += " …";
      ctx.fillStyle = "rgba(255,255,255,0.8)"; ctx.fillRect(at - 1, top, ctx.measureText(text).width + 3, 13);
      ctx.fillStyle = marks[0].pane === "b" ? TEXT.b : INK; ctx.fillText(text, at, top + 1);
    });
  }
  // the day and date at the pointer, what every line is called with its value there, and what was changed about then
  readOff(ctx, { x, y, w, h }, plot, at) {
    const told = this.told(plot);
    ctx.font = `600 12px ${FONT}`; ctx.textBaseline = "top"; ctx.textAlign = "left";
    const wide = Math.min(Math.max(...told.map((line) => ctx.measureText(line).width)) + 14, w), high = 15 * told.length + 7;
    const left = at + 8 + wide < x + w ? at + 8 : Math.max(at - 8 - wide, x), top = Math.max(Math.min(y + 40, y + h - high), y);
    ctx.fillStyle = INK; ctx.beginPath(); ctx.roundRect(left, top, wide, high, 5); ctx.fill();
    ctx.fillStyle = "#fff";
    told.forEach((line, n) => ctx.fillText(line, left + 7, top + 4 + 15 * n, wide - 14));
  }
  told(plot) {
    const lines = ["a", "b", "p"].filter((name) => this.values[name] && this.values[name][plot.name]);
    const series = lines.map((name) => this.values[name][plot.name]);
    const day = Math.min(Math.round(this.pick), ...series.map((s) => s.first + s.data.length - 1));
    const said = lines.map((name, n) => `${this.names[name] || name}: ${rounded(series[n].data[day - series[n].first])}`);
    const near = this.marks.filter((mark) => mark.text && Math.abs(mark.day - day) <= NEAR_DAYS);
    for (const [name, band] of Object.entries(this.bands[plot.name] || {})) {
      const one = banded(band, day - band.step / 2, day + band.step / 2)[0];
      if (one) said.push(`further runs, ${name === "p" ? "placebo" : name.toUpperCase()}: ${rounded(one.low)} to ${rounded(one.high)}, mean ${rounded(one.mean)}`);
    }
    return [dated(day), ...said, ...near.map((mark) => `changed on day ${mark.day}: ${mark.text}`)];
  }
  // rows of days with the value of each plot in each run, as far apart as makes a table of some two dozen rows
  table(plots, to) {
    const columns = plots.flatMap((plot) => ["a", "b", "p"].filter((name) => this.values[name] && this.values[name][plot.name])
      .map((name) => ({ name: `${plot.label} (${plot.unit})`, run: this.names[name] || "", series: this.values[name][plot.name] })));
    const step = [1, 7, 28, 91, 365].find((days) => (to - this.start) / days <= 26) || 730, rows = [];
    for (let day = to - 1; day >= this.start; day -= step) rows.push([day, ...columns.map(({ series }) => rounded(series.data[day - series.first]))]);
    return { columns: columns.map(({ name, run }) => [name, run]), rows: rows.filter((row) => row.slice(1).some((value) => value !== "–")) };
  }
}

// the points of a band of further runs between two days
function banded(band, from, to) {
  const points = band.low.map((low, n) => ({ day: band.first + n * band.step, low, mean: band.mean[n], high: band.high[n] }));
  return points.filter((one) => one.low !== null && one.day >= from && one.day <= to);
}

function rounded(v) {
  return v === null || v === undefined ? "–" : String(Math.abs(v) < 2 ? Math.round(v * 100) / 100 : Math.round(v * 10) / 10);
}

// a day as people say it, as in interface_text.py
function dated(day) {
  const date = new Date(Date.UTC(2001, 0, 1 + (day % 365))), words = { day: "numeric", month: "long", timeZone: "UTC" };
  const weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][day % 7];
  return `day ${day} · ${weekday} ${date.toLocaleDateString("en-GB", words)}, year ${Math.floor(day / 365) + 1}`;
}

function nice(v) {
  const ten = Math.pow(10, Math.floor(Math.log10(Math.max(v, 1e-6)))), n = v / ten;
  return (n < 1.5 ? 1 : n < 3.5 ? 2 : n < 7.5 ? 5 : 10) * ten;
}

// how much larger everything is drawn on a large screen, see style.css
function zoom() { return parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--k")) || 1; }

function sharpen(canvas, k) {
  const ratio = window.devicePixelRatio || 1, width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio * k, 0, 0, ratio * k, 0, 0);
  return ctx;
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = [" ", ".", "ArrowRight", "ArrowLeft", "PageDown", "PageUp", "w", "+", "=", "-", "r", "t", "p", "c", "1", "2", "3", "4", "5", "6", "Escape", "?"];
const TYPING = "input, textarea, select, [contenteditable=true], .q-menu, .q-dialog";
const PRESSED = "button, a, summary, [role=tab], [role=button], [role=checkbox], [role=radio], [role=switch], [role=option], .q-item";

export default {
  template: `
    <div class="theatre">
      <div v-if="covered" class="covered" role="status">{{ covered }}</div>
      <div v-if="trouble" class="trouble" role="alert">{{ trouble }}</div>
      <div class="sr-only" aria-live="polite">{{ spoken }}</div>
      <div class="stages" ref="stages">
        <div v-for="name in shown" :key="name" class="stage">
          <div v-if="shown.length > 1" class="stage-name" :class="'run-' + name">{{ titles[name] }}</div>
          <canvas :ref="'stage-' + name" tabindex="0" role="application"
            :aria-label="'picture of run ' + name.toUpperCase() + ': arrow keys go from one to the next, Enter tells who it is'"
            @mousemove="hovers($event, name)" @mouseleave="leaves" @click="picks($event, name)" @keydown="walks($event, name)" @blur="leaves"></canvas>
        </div>
      </div>
      <div class="plots-box">
        <canvas class="plots" ref="plots" role="img" aria-label="plots of the main outcomes over time; the button below has their values as a table"
          @mousemove="readsOff" @mouseleave="stopsReading" :title="definition"></canvas>
        <div class="plots-foot">
          <span v-for="line in lineKey" :key="line.name" class="line-name">
            <svg width="30" height="8" aria-hidden="true"><line x1="0" x2="30" y1="4" y2="4" :stroke="line.colour" :stroke-dasharray="line.dash" stroke-width="3"/></svg>{{ line.text }}
          </span>
          <span v-if="hasBands && !covered" class="line-name">
            <svg width="30" height="12" aria-hidden="true"><rect width="30" height="12" fill="#d3dfe8"/><line x1="0" x2="30" y1="6" y2="6" stroke="#37424e"/></svg>90% of the further runs, and their mean
          </span>
          <span v-if="recorded !== null" class="line-name" role="status">Recording the picture: {{ recorded }} s
            <button type="button" class="plain-button" @click="recording.stop()">Stop and save</button></span>
          <span v-if="!covered" class="plots-buttons">
            <button type="button" class="plain-button" @click="$emit('export')">Export …</button>
            <button type="button" class="plain-button" @click="$emit('values')">Values as a table</button>
          </span>
        </div>
      </div>
    </div>`,
  data() { return { shown: ["a"], titles: { a: "Run A", b: "Run B" }, definition: "", covered: "", trouble: "", spoken: "", lineKey: [], hasBands: false, recorded: null }; },
  created() {
    this.panes = { a: new Pane("a"), b: new Pane("b") };
    this.lines = new Plots();
    this.view = { contacts: true, ties: true, families: true, selected: null, hover: null };
    this.day = 0;
    this.shownPlots = [];
    this.frames = 0;
    this.dirty = true;
  },
  mounted() {
    this.watcher = new ResizeObserver(() => { this.dirty = true; });
    this.watcher.observe(this.$el);
    const turn = () => {
      if (this.gone) return;
      this.turning = requestAnimationFrame(turn); // first of all, so that no error ends it
      const now = performance.now();
      if (now - (this.paintedAt || 0) >= PAINT_MS) { this.paintedAt = now; this.guarded(() => this.paint()); }
    };
    turn();
    if (!this.$el.closest(".theatre-preview") && !localStorage.getItem("cmsim-welcomed")) {
      localStorage.setItem("cmsim-welcomed", "1"); // this browser opens the app for the first time
      this.$emit("new");
    }
    this.onKey = (event) => this.presses(event);
    document.addEventListener("keydown", this.onKey);
    // after a click the keys belong to the play again; who walks with the keyboard keeps the focus
    this.onClick = (event) => {
      if (event.detail && event.target.closest(".header button, [role=tab], .filters [role=checkbox]") && document.activeElement) document.activeElement.blur();
    };
    document.addEventListener("click", this.onClick);
  },
  beforeUnmount() {
    this.gone = true;
    if (this.recording) this.recording.stop();
    cancelAnimationFrame(this.turning);
    this.watcher.disconnect();
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("click", this.onClick);
  },
  methods: {
    // does what draws; an error is said on the page until drawing works again, with the next day or at another size
    guarded(draws) {
      try {
        draws();
      } catch (error) {
        const said = `The picture cannot be drawn: ${error.message}. The runs go on; it is tried again with the next day.`;
        if (this.trouble !== said) console.error(error);
        this.trouble = said;
        for (const canvas of this.$el.querySelectorAll("canvas")) canvas.width = 0; // with all that was set halfway
      }
    },
    open(runs, options) {
      this.covered = "";
      this.lines.reset();
      this.lines.start = options.start;
      this.shown = runs.b ? ["a", "b"] : ["a"];
      for (const name in runs) {
        this.lines.open(name, runs[name].day, runs[name].courses);
        if (this.panes[name]) { this.panes[name].now = null; this.guarded(() => this.panes[name].open(runs[name], options.glides)); }
        this.day = runs[name].day;
      }
      if (options.courses) for (const name in options.courses) this.lines.open(name, this.day, options.courses[name]);
      this.configure(options);
    },
    configure(options) {
      if (options.titles) { this.titles = options.titles; this.nameLines(); }
      if (options.marks) this.lines.marks = options.marks;
      if (options.plots) this.shownPlots = options.plots;
      if (options.bands) { this.lines.bands = options.bands; this.hasBands = Object.keys(options.bands).length > 0; }
      for (const key of ["contacts", "ties", "families"]) if (key in options) this.view[key] = options[key];
      for (const name in options.caseload || {}) if (this.panes[name] && this.panes[name].now) this.panes[name].now.caseload = options.caseload[name];
      this.dirty = true;
    },
    nameLines() {
      const shown = ["a", "b", "p"].filter((name) => this.lines.values[name]);
      this.lines.names = shown.length > 1 ? { ...this.titles, p: "placebo run" } : {};
      this.lineKey = shown.length > 1 ? shown.map((name) => ({ name, text: this.lines.names[name], colour: LINE[name], dash: DASH[name].join(" ") })) : [];
    },
    // what the plots show as a table: columns of plot and run, and rows that begin with a day
    tabulate() { return this.lines.table(this.shownPlots, this.day); },
    // saves the plots as an image, "png" or "svg"; under the titles of the runs, with a note below
    async exportPlots(kind, stem, note) {
      const columns = Math.min(this.shownPlots.length, 3) || 1, w = 400, h = 230, top = 24 * this.shown.length + 8;
      const width = columns * w, height = top + Math.ceil(this.shownPlots.length / columns) * h + 26;
      const canvas = document.createElement("canvas"), sharp = 2, pick = this.lines.pick;
      canvas.width = width * sharp; canvas.height = height * sharp;
      const ctx = kind === "svg" ? new SvgContext(width, height) : canvas.getContext("2d");
      if (kind !== "svg") ctx.scale(sharp, sharp);
      this.drawTitles(ctx, width, height, note);
      this.lines.pick = null; // what is at the pointer is not part of it
      this.shownPlots.forEach((plot, i) => {
        this.lines.draw(ctx, { x: (i % columns) * w + 2, y: top + Math.floor(i / columns) * h + 2, w: w - 4, h: h - 4 }, plot, this.day, true);
      });
      this.lines.pick = pick;
      return save(kind === "svg" ? new Blob([ctx.text()], { type: "image/svg+xml" }) : canvas, `${stem}.${kind}`);
    },
    drawTitles(ctx, width, height, note) {
      ctx.fillStyle = "#fff"; ctx.fillRect(0, 0, width, height);
      ctx.textAlign = "left"; ctx.textBaseline = "top"; ctx.font = `700 15px ${FONT}`;
      this.shown.forEach((name, n) => { ctx.fillStyle = TEXT[name]; ctx.fillText(`${this.titles[name]} (day ${this.day})`, 8, 7 + 24 * n, width - 16); });
      ctx.fillStyle = INK; ctx.font = `12px ${FONT}`;
      ctx.fillText(note, 8, height - 19, width - 16);
    },
    // the canvases of the picture, those that are there
    stageCanvases() { return this.shown.map((name) => [this.$refs["stage-" + name]].flat()[0]).filter((canvas) => canvas && canvas.width); },
    // the picture, of both runs side by side, fitted into a canvas
    compose(canvas, note) {
      const ctx = canvas.getContext("2d"), stages = this.stageCanvases(), top = 24 * this.shown.length + 8, room = canvas.height - top - 26;
      this.drawTitles(ctx, canvas.width, canvas.height, note);
      const wide = stages.reduce((sum, one) => sum + one.width, 0), high = Math.max(...stages.map((one) => one.height));
      const fit = Math.min(canvas.width / wide, room / high);
      let x = 0;
      for (const one of stages) { ctx.drawImage(one, x, top, one.width * fit, one.height * fit); x += one.width * fit; }
    },
    composed() {
      const stages = this.stageCanvases(), canvas = document.createElement("canvas");
      canvas.width = stages.reduce((sum, one) => sum + one.width, 0);
      canvas.height = Math.max(...stages.map((one) => one.height)) + 24 * this.shown.length + 34;
      return canvas;
    },
    async exportPicture(stem, note) {
      const canvas = this.composed();
      this.compose(canvas, note);
      return save(canvas, `${stem}.png`);
    },
    // films the picture for some seconds, or until it is stopped, and saves that; returns why it cannot, if it cannot
    record(stem, note, seconds) {
      if (this.recording) return "The picture is being recorded already.";
      const canvas = this.composed(), done = (trouble) => { this.recording = null; this.recorded = null; this.trouble = trouble; };
      const recording = new Recording(canvas, () => { if (!this.gone && !this.covered) this.compose(canvas, note); }, (passed) => { this.recorded = passed; }, done);
      const trouble = recording.start(`${stem}.webm`, seconds);
      if (!trouble) { this.recording = recording; this.recorded = 0; }
      return trouble;
    },
    // whether keys without Ctrl or Alt act; sets it where it is given, and this browser remembers it
    singleKeys(on) {
      if (on !== undefined) localStorage.setItem("cmsim-keys", on ? "on" : "off");
      return localStorage.getItem("cmsim-keys") !== "off";
    },
    frame(runs) {
      for (const name in runs) {
        if (this.panes[name]) this.guarded(() => this.panes[name].take(runs[name]));
        this.lines.add(name, runs[name].day, runs[name].courses);
        this.day = runs[name].day;
      }
      this.frames++;
      this.dirty = true;
      return this.day;
    },
    select(selected) { this.view.selected = selected; this.dirty = true; },
    // nothing of the runs is shown, and nothing of them is kept
    cover(text) {
      this.covered = text;
      if (this.recording) this.recording.stop();
      this.spoken = "";
      for (const name in this.panes) this.panes[name].cover();
      this.lines.reset();
      this.view.selected = this.view.hover = null;
      this.dirty = true;
    },
    presses(event) {
      const at = event.target, element = at instanceof Element ? at : document.body;
      if ((event.ctrlKey || event.metaKey) && event.key === "z" && !element.closest(TYPING)) { event.preventDefault(); this.$emit("key", "undo"); return; }
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || !KEYS.includes(event.key)) return;
      if (event.key !== "Escape" && event.key !== " " && !this.singleKeys()) return;
      if (event.key !== "Escape" && element.closest(TYPING)) return;
      if (event.key === " " && element.closest(PRESSED)) return;
      if (event.key.startsWith("Arrow") && element.closest(".right, [role=slider], [role=tab], canvas")) return;
      if ("+-=".includes(event.key) && element.closest("[role=slider]")) return;
      if (event.repeat && [" ", "r", "t"].includes(event.key)) return;
      if (event.key === " ") event.preventDefault();
      this.$emit("key", event.key);
    },
    walks(event, name) {
      const pane = this.panes[name], hover = this.view.hover;
      if (!pane.now) return;
      if (event.key === "Enter" && hover && hover.pane === name) {
        this.$emit("pick", { key: hover.key, pane: name });
        event.preventDefault();
        return;
      }
      const way = ARROWS[event.key];
      if (!way) return;
      event.preventDefault();
      const from = hover && hover.pane === name ? hover : { x: pane.width / 2 - 1, y: pane.height / 2 - 1 };
      const found = pane.next(from, way[0], way[1]);
      if (!found) return;
      this.view.hover = { ...found, pane: name, keyed: true };
      this.spoken = pane.label(found);
      this.dirty = true;
    },
    // what is shown, for tests
    state() {
      const { a, b } = this.panes, differing = this.lines.values.b && this.lines.values.b.differing, courses = this.lines.values.a;
      return {
        day: this.day, frames: this.frames, painted: this.painted || 0, drawn: Boolean(a.behindOf), covered: this.covered, phase: a.now && a.now.phase, phaseB: b.now && b.now.phase, shown: this.shown,
        marks: this.lines.marks.map((mark) => mark.day), bands: this.lines.bands, titles: this.titles, trouble: this.trouble, aims: [a, b].map((pane) => pane.now && pane.now.caseload), differing: differing ? differing.data : [],
        courses: courses ? Object.values(courses).map((series) => series.data[series.data.length - 1]) : [],
        where: (a.at.find((at, row) => at && a.goal[row]) || []).map((x) => x * zoom()),
        hover: this.view.hover && this.view.hover.key, keys: a.keys.length, told: this.lines.pick === null ? [] : this.lines.told(this.shownPlots.find((plot) => plot.name === this.lines.under)), seats: a.goal.filter((goal, row) => goal && +a.now.place[row] !== DESK), disc: a.disc, view: { contacts: this.view.contacts, ties: this.view.ties, families: this.view.families },
        spots: Object.fromEntries([...a.spots, ...a.ringSpots].map((one) => [one.key, [(one.x + one.w / 2) * zoom(), (one.y + Math.min(one.h / 2, 9)) * zoom()]])),
      };
    },
    paint() {
      const wasDirty = this.dirty;
      let moving = this.dirty;
      for (const name of this.shown) moving = this.panes[name].ease() || moving;
      if (!moving) return;
      this.dirty = false;
      const k = zoom();
      for (const name of this.shown) {
        const found = this.$refs["stage-" + name], canvas = Array.isArray(found) ? found[0] : found;
        if (!canvas) { this.dirty = true; continue; }
        this.panes[name].size(canvas.clientWidth / k, canvas.clientHeight / k);
        this.panes[name].draw(sharpen(canvas, k), this.view);
      }
      this.painted = this.day;
      if (!wasDirty) return;
      const canvas = this.$refs.plots, ctx = sharpen(canvas, k);
      ctx.clearRect(0, 0, canvas.clientWidth / k, canvas.clientHeight / k);
      if (!this.covered) this.boxes().forEach(({ box, plot }, i) => this.lines.draw(ctx, box, plot, this.day, i === 0));
      this.trouble = "";
    },
    boxes() {
      const canvas = this.$refs.plots, shown = this.shownPlots, k = zoom();
      const columns = parseInt(getComputedStyle(canvas).getPropertyValue("--plot-columns")) || 3, rows = Math.ceil(shown.length / columns) || 1;
      canvas.style.setProperty("--plot-rows", rows);
      const w = canvas.clientWidth / k / columns, h = canvas.clientHeight / k / rows;
      return shown.map((plot, i) => ({ plot, box: { x: (i % columns) * w + 2, y: Math.floor(i / columns) * h + 2, w: w - 4, h: h - 4 } }));
    },
    at(event) { const k = zoom(); return [event.offsetX / k, event.offsetY / k]; },
    hovers(event, name) {
      const [x, y] = this.at(event), pane = this.panes[name];
      const found = pane.now && pane.find(x, y, this.view.families);
      this.view.hover = found ? { ...found, pane: name, x, y } : null;
      event.target.style.cursor = found ? "pointer" : "default";
      this.dirty = true;
    },
    leaves() { this.view.hover = null; this.dirty = true; },
    picks(event, name) {
      const [x, y] = this.at(event), pane = this.panes[name];
      const found = pane.now && pane.find(x, y, this.view.families);
      if (!found) return;
      this.$emit("pick", { key: found.key, pane: name });
      const main = this.$el.closest(".main"); // where the panels are below the picture, what is told is brought into view
      if (main && getComputedStyle(main).flexDirection === "column") main.querySelector(".right").scrollIntoView();
    },
    readsOff(event) {
      const [x, y] = this.at(event);
      const found = this.boxes().find(({ box }) => x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h);
      if (!found) return;
      this.definition = `${found.plot.label} (${found.plot.unit}): ${found.plot.definition}`;
      const left = found.box.x + 40, wide = found.box.w - 50, from = this.lines.start, to = Math.max(this.day, from + 60);
      const day = from + ((x - left) / wide) * (to - from);
      this.lines.pick = day >= from && day <= this.day ? day : null;
      this.lines.under = found.plot.name;
      this.dirty = true;
    },
    stopsReading() { this.lines.pick = null; this.dirty = true; },
  },
};
