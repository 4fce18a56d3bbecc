// What happens, as lines that come and go; the oldest are dropped.
const MOST = 160;
export default {
  template: `
    <p v-if="!things.length" class="hint">Press Play (or the space bar). Events appear here, the latest first.</p>
    <div v-else class="stream" ref="list" tabindex="0" role="list" aria-label="events: arrow keys move from line to line, Enter shows who it is about"
      @keydown.down.prevent="walk(1)" @keydown.up.prevent="walk(-1)">
      <div v-for="thing in things" :key="thing.id" role="listitem" tabindex="-1" class="thing" :class="['tone-' + thing.tone, thing.pane ? 'of-' + thing.pane : '']"
        @click="picks(thing)" @keydown.enter.prevent="picks(thing)">
        <span class="when">{{ thing.when }}<b v-if="thing.pane" class="run-mark">{{ thing.pane.toUpperCase() }}</b></span>
        <span class="what"><b>{{ thing.client || thing.worker }}</b> {{ thing.text }}<span v-if="thing.why" class="why"> ({{ thing.why }})</span></span>
      </div>
    </div>`,
  data() { return { things: [], count: 0, contacts: true }; },
  methods: {
    add(things) {
      for (const thing of things) {
        if (thing.tone === "contact" && !this.contacts) continue;
        const two = (number) => String(number).padStart(2, "0");
        const when = `day ${thing.day} ${two(Math.floor(thing.minute / 60))}:${two(thing.minute % 60)}`;
        this.things.unshift({ ...thing, id: this.count++, when });
      }
      if (this.things.length > MOST) this.things.length = MOST;
    },
    picks(thing) { this.$emit("pick", { key: thing.client || thing.worker, pane: thing.pane || "a" }); },
    walk(step) {
      const lines = [...this.$refs.list.querySelectorAll(".thing")], at = lines.indexOf(document.activeElement);
      const next = lines[Math.min(Math.max(at + step, 0), lines.length - 1)];
      if (next) next.focus();
    },
    clear() { this.things = []; },
    contactsShown(shown) { this.contacts = shown; },
  },
};
