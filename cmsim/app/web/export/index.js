// Files made in the browser: drawings as SVG, canvases as PNG, a film of a canvas as WebM.

// Saves a canvas as PNG, or a blob as it is; returns why it cannot, empty otherwise.
export async function save(what, name) {
  const blob = what instanceof Blob ? what : await new Promise((done) => what.toBlob(done, "image/png"));
  if (!blob || !blob.size) return "This browser has made an empty file: the picture may be too large for it.";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000); // the download may begin later
  return "";
}

const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const short = (x) => Math.round(x * 100) / 100;

// What plots ask of a canvas, written down as SVG.
export class SvgContext {
  constructor(width, height) {
    this.size = [width, height];
    this.parts = [];
    this.clips = 0;
    this.ruler = document.createElement("canvas").getContext("2d");
    Object.assign(this, { fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, font: "10px sans-serif", textAlign: "left", textBaseline: "alphabetic", dash: [] });
  }
  paint(kind, colour) {
    const clear = /^rgba\((.*),([^,]*)\)$/.exec(colour); // not every program reads colours with alpha
    return clear ? `${kind}="rgb(${clear[1]})" ${kind}-opacity="${clear[2].trim()}"` : `${kind}="${colour}"`;
  }
  fillRect(x, y, w, h) { this.parts.push(`<rect x="${short(x)}" y="${short(y)}" width="${short(w)}" height="${short(h)}" ${this.paint("fill", this.fillStyle)}/>`); }
  beginPath() { this.path = []; }
  moveTo(x, y) { this.path.push(`M${short(x)} ${short(y)}`); }
  lineTo(x, y) { this.path.push(`${this.path.length ? "L" : "M"}${short(x)} ${short(y)}`); }
  rect(x, y, w, h) { this.path.push(`M${short(x)} ${short(y)}h${short(w)}v${short(h)}h${short(-w)}z`); }
  setLineDash(dash) { this.dash = dash; }
  fill() { if (this.path.length) this.parts.push(`<path d="${this.path.join("")}" ${this.paint("fill", this.fillStyle)}/>`); }
  stroke() {
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    if (this.path.length) this.parts.push(`<path d="${this.path.join("")}" fill="none" ${this.paint("stroke", this.strokeStyle)} stroke-width="${this.lineWidth}"${dash}/>`);
  }
  save() {}
  clip() {
    this.clips++;
    this.parts.push(`<clipPath id="clip${this.clips}"><path d="${this.path.join("")}"/></clipPath><g clip-path="url(#clip${this.clips})">`);
  }
  restore() { this.parts.push("</g>"); }
  measureText(text) { this.ruler.font = this.font; return this.ruler.measureText(text); }
  fillText(text, x, y, most = Infinity) {
    const [, weight, size, family] = /^(?:italic )?(\d+ )?([\d.]+)px (.*)$/.exec(this.font);
    const down = { top: 0.8, middle: 0.35 }[this.textBaseline] || 0, anchor = { right: "end", center: "middle" }[this.textAlign] || "start";
    const squeezed = this.measureText(text).width > most ? ` textLength="${short(most)}" lengthAdjust="spacingAndGlyphs"` : "";
    this.parts.push(`<text x="${short(x)}" y="${short(y + down * size)}" font-family="${escaped(family)}" font-size="${size}" font-weight="${(weight || "400").trim()}" text-anchor="${anchor}" ${this.paint("fill", this.fillStyle)}${squeezed}>${escaped(text)}</text>`);
  }
  text() {
    const [width, height] = this.size;
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">\n${this.parts.join("\n")}\n</svg>\n`;
  }
}

const RATE = 10, KIND = "video/webm;codecs=vp8"; // frames a second, in what a busy machine can still encode

// A film of a canvas, which is drawn anew for every frame.
export class Recording {
  constructor(canvas, draw, tell, done) { Object.assign(this, { canvas, draw, tell, done, pieces: [] }); }
  start(name, seconds) {
    if (!window.MediaRecorder || !this.canvas.captureStream || !MediaRecorder.isTypeSupported(KIND)) {
      return "This browser cannot record WebM video. Firefox, Chromium, Chrome and Edge can.";
    }
    this.draw(); // some browsers have no stream of a canvas that was never drawn on
    const stream = this.canvas.captureStream(0), [track] = stream.getVideoTracks();
    const shoot = () => { this.draw(); track.requestFrame(); }; // each frame is asked for: of a still picture a browser takes few
    this.film = new MediaRecorder(stream, { mimeType: KIND, videoBitsPerSecond: 4e6 });
    let began = null; // with the first piece, since a busy machine takes a while to set out
    this.film.ondataavailable = (event) => {
      if (!event.data.size) return;
      this.pieces.push(event.data);
      began = began === null ? performance.now() : began;
    };
    this.film.onstop = async () => { clearInterval(this.clock); this.done(await save(new Blob(this.pieces, { type: KIND }), name)); };
    this.film.start(200);
    this.clock = setInterval(() => {
      const passed = began === null ? 0 : (performance.now() - began) / 1000;
      shoot();
      this.tell(Math.floor(passed));
      if (passed >= seconds) this.stop();
    }, 1000 / RATE);
    return "";
  }
  stop() { if (this.film.state !== "inactive") this.film.stop(); }
}
