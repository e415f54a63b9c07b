// One counter a domain: alerts that fire, alerts to acknowledge, open cases (overdue). A click narrows the lists to the domain.
import { text } from "/console/static/common.js";

export default {
  template: `
    <div class="w-counters">
      <button v-for="one in rows" :key="one.domain" type="button" :class="['w-counter', { on: one.domain === chosen }]"
              :aria-pressed="one.domain === chosen" @click="$emit('choose', one.domain === chosen ? null : one.domain)">
        <div class="name"><span>{{ t("domain." + one.domain) }}</span><span v-if="one.overdue" class="late">{{ t("counter.overdue", { n: one.overdue }) }}</span></div>
        <div class="figures">
          <span v-for="key in ['alerts', 'unacknowledged', 'cases']" :key="key">
            <b :class="{ zero: !one[key] }">{{ one[key] }}</b><small>{{ t("counter." + key) }}</small></span>
        </div>
      </button>
    </div>`,
  props: { rows: Array, chosen: String },
  emits: ["choose"],
  methods: { t: text },
};
