// What happened to a case, first event first: who, what, from where to where, why.
import { day, text, timeOfDay } from "/console/static/common.js";

const parts = ["iot", "rule", "matrix", "timer", "sensor"];
const bad = ["breach", "fail", "fires_again", "reject", "return", "cancel", "force_close"];

export default {
  template: `
    <ol class="w-log">
      <li v-for="one in rows" :key="one.event" :class="mark(one)">
        <div class="head">
          <span class="number muted" :title="d(one.at_ms)">{{ d(one.at_ms).slice(5) }} {{ c(one.at_ms) }}</span>
          <b>{{ t("move." + one.move) }}</b>
          <span class="muted">{{ who(one) }}</span>
          <span v-if="one.from_state !== one.to_state" class="w-badge">{{ t("case_state." + one.to_state) }}</span>
        </div>
        <div class="why">{{ one.reason }}</div>
      </li>
    </ol>`,
  props: { rows: Array },
  methods: {
    t: text,
    d: day,
    c: timeOfDay,
    who: (one) => (parts.includes(one.actor) ? text("actor." + one.actor) : one.who),
    mark: (one) => ({ person: !parts.includes(one.actor), sensor: one.actor === "sensor", bad: bad.includes(one.move) }),
  },
};
