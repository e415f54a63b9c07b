// One counter a domain: live alerts (unacknowledged), open cases (overdue). A click narrows the lists to the domain.
import { text } from "/console/static/common.js";

export default {
  template: `
    <div class="w-counters">
      <button v-for="one in rows" :key="one.domain" type="button" :class="['w-counter', { on: one.domain === chosen }]"
              :aria-pressed="one.domain === chosen" @click="$emit('choose', one.domain === chosen ? null : one.domain)">
        <div class="name"><span>{{ t("domain." + one.domain) }}</span><span v-if="one.overdue" class="late">{{ t("counter.overdue", { n: one.overdue }) }}</span></div>
        <div class="figures">
          <span><b :class="{ zero: !one.alerts }">{{ one.alerts }}</b><small>{{ t("counter.alerts") }}</small></span>
          <span><b :class="{ zero: !one.cases }">{{ one.cases }}</b><small>{{ t("counter.cases") }}</small></span>
        </div>
      </button>
    </div>`,
  props: { rows: Array, chosen: String },
  emits: ["choose"],
  methods: { t: text },
};
