// A tour of the page: a card that points at one part after the other. It begins only when it is asked for.
const MARGIN = 12;
export default {
  template: `
    <dialog ref="dialog" class="tour" aria-labelledby="tour-title" aria-describedby="tour-text" @keydown="presses" @close="at = -1">
      <div class="tour-hole" :style="hole" aria-hidden="true"></div>
      <div v-if="step" ref="card" class="tour-card" :style="place">
        <h2 id="tour-title" ref="title" tabindex="-1">{{ step.title }}</h2>
        <p id="tour-text">{{ step.text }}</p>
        <div class="row">
          <span class="tour-count">{{ at + 1 }} of {{ steps.length }}</span>
          <button v-if="at" type="button" class="tour-button" @click="go(at - 1)">Back</button>
          <button type="button" class="tour-button" @click="leave">{{ last ? "Done" : "Leave" }}</button>
          <button v-if="!last" type="button" class="tour-button main-button" @click="go(at + 1)">Next</button>
        </div>
      </div>
    </dialog>`,
  props: { steps: Array },
  data() { return { at: -1, hole: {}, place: {} }; },
  computed: {
    step() { return this.steps[this.at]; },
    last() { return this.at === this.steps.length - 1; },
  },
  mounted() {
    // the page is laid out anew some time after the window has another size
    this.watcher = new ResizeObserver(() => { if (this.step) this.point(); });
    this.watcher.observe(document.querySelector(".page"));
  },
  beforeUnmount() { this.watcher.disconnect(); },
  methods: {
    start() {
      if (!this.$refs.dialog.open) this.$refs.dialog.showModal(); // which keeps the focus within, and the page out of reach
      this.go(0);
    },
    leave() { this.$refs.dialog.close(); },
    async go(to) {
      this.at = to;
      await this.$nextTick();
      this.point();
      this.$refs.title.focus(); // so that a screen reader reads the step
    },
    // the card stands below what it points at, or above, or where neither has room at the end of the window
    point() {
      const target = document.querySelector(this.step.target);
      if (target) target.scrollIntoView({ block: "center" });
      const box = target ? target.getBoundingClientRect() : new DOMRect();
      const card = this.$refs.card, wide = window.innerWidth, high = window.innerHeight, below = box.bottom + MARGIN, above = box.top - MARGIN - card.offsetHeight;
      const lowest = high - card.offsetHeight - MARGIN, top = below <= lowest ? below : above > 0 ? Math.min(above, lowest) : lowest;
      const left = Math.min(Math.max(box.left + box.width / 2 - card.offsetWidth / 2, MARGIN), wide - card.offsetWidth - MARGIN);
      const from = [Math.max(box.left, 2), Math.max(box.top, 2)], to = [Math.min(box.right, wide - 2), Math.min(box.bottom, high - 2)];
      this.hole = { left: `${from[0]}px`, top: `${from[1]}px`, width: `${Math.max(to[0] - from[0], 0)}px`, height: `${Math.max(to[1] - from[1], 0)}px` };
      this.place = { left: `${left}px`, top: `${top}px` };
    },
    presses(event) {
      event.stopPropagation(); // the keys of the play are not for the tour
      const to = { ArrowRight: this.at + 1, ArrowLeft: this.at - 1 }[event.key];
      if (to !== undefined && this.steps[to]) this.go(to);
    },
  },
};
