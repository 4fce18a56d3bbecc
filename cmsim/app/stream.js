// What happens, as lines that come and go; the oldest are dropped.
const MOST = 160;
export default {
  template: `
    <div class="stream" ref="list" tabindex="0" aria-label="what happens">
      <div v-for="thing in things" :key="thing.id" class="thing" :class="['tone-' + thing.tone, thing.pane ? 'of-' + thing.pane : '']"
        @click="$emit('pick', { key: thing.client || thing.worker, pane: thing.pane || 'a' })">
        <span class="when">{{ thing.when }}</span>
        <span class="what"><b>{{ thing.client || thing.worker }}</b> {{ thing.text }}<span v-if="thing.why" class="why"> ({{ thing.why }})</span></span>
      </div>
      <p v-if="!things.length" class="hint">Press play (or the space bar). What happens is told here, the latest on top.</p>
    </div>`,
  data() { return { things: [], count: 0, contacts: true }; },
  methods: {
    add(things) {
      for (const thing of things) {
        if (thing.tone === "contact" && !this.contacts) continue;
        const hours = String(Math.floor(thing.minute / 60)).padStart(2, "0"), minutes = String(thing.minute % 60).padStart(2, "0");
        this.things.unshift({ ...thing, id: this.count++, when: `day ${thing.day} ${hours}:${minutes}` });
      }
      if (this.things.length > MOST) this.things.length = MOST;
    },
    clear() { this.things = []; },
    contactsShown(shown) { this.contacts = shown; },
  },
};
