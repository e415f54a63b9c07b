// How the pipeline does, and the site's clock. Ages count on in the browser, so that a dead server shows too.
import { duration, now, number, text, timeOfDay, wallMs } from "/console/static/common.js";

export default {
  template: `
    <div class="w-status" role="status">
      <span :class="{ ok: alive, bad: !alive }" :title="why"><span class="dot"></span>{{ words }}</span>
      <span :class="{ bad: !balanced }">{{ t(balanced ? "status.balanced" : "status.unbalanced") }}</span>
      <span class="number clock">{{ clock }}</span>
    </div>`,
  props: { heartbeat: Object, balanced: Boolean },
  computed: {
    age() {
      return now.value && this.heartbeat ? Math.max(0, wallMs() - this.heartbeat.at_wall_ms) : null;
    },
    alive() {
      return this.age !== null && this.age < 30000 && this.heartbeat.connected;
    },
    words() {
      if (this.age === null) return text("status.never");
      if (this.age >= 30000) return text("status.silent", { time: duration(this.age) });
      if (!this.heartbeat.connected) return text("status.no_broker");
      if (this.heartbeat.frames_per_s === null) return text("status.running");
      return text("status.rate", { n: number(this.heartbeat.frames_per_s) });
    },
    why() {
      return this.age === null ? "" : text("status.epoch", { n: this.heartbeat.epoch, time: duration(this.age) });
    },
    clock() {
      return timeOfDay(now.value);
    },
  },
  methods: { t: text },
};
