// The moves that this person may make with the case now, and the opinion that goes with them.
import { call, now, tell, text } from "/console/static/common.js";

export default {
  template: `
    <div class="w-moves">
      <div v-if="!moves.length" class="muted">{{ t("case.no_moves") }}</div>
      <template v-else>
        <label class="muted" for="opinion">{{ t("case.opinion") }}</label>
        <textarea id="opinion" class="w-field" v-model="opinion" maxlength="2000"></textarea>
        <div v-if="has('dispatch')" class="w-filters"><label>{{ t("case.crew") }}
          <select class="w-field" v-model="crew"><option value="">{{ t("case.crew_auto") }}</option>
            <option v-for="[id, title] in crews" :key="id" :value="id">{{ title }}</option></select></label></div>
        <div v-if="has('suspend')" class="w-filters"><label>{{ t("case.days") }}
          <input class="w-field" type="number" min="1" max="365" v-model.number="days"></label></div>
        <div class="buttons">
          <button v-for="one in moves" :key="one.move" class="w-button" :disabled="busy || (one.opinion && opinion.trim().length < 2)"
                  :title="one.opinion ? t('case.needs_opinion') : ''" @click="make(one.move)">{{ t("move." + one.move) }}</button>
        </div>
      </template>
    </div>`,
  props: { caseId: Number, version: Number, moves: Array, crews: Array },
  emits: ["changed"],
  data: () => ({ opinion: "", crew: "", days: 7, busy: false }),
  methods: {
    t: text,
    has(move) {
      return this.moves.some((one) => one.move === move);
    },
    async make(move) {
      this.busy = true;
      const body = { move, version: this.version, opinion: this.opinion.trim() };
      if (move === "dispatch" && this.crew) body.crew = this.crew;
      if (move === "suspend") body.until_ms = Math.round(now.value + this.days * 86400000);
      const answer = await call(`/cases/${this.caseId}/moves`, body);
      if (answer) {
        this.opinion = "";
        tell(text("case.moved", { move: text("move." + move) }));
      }
      this.busy = false;
      this.$emit("changed");
    },
  },
};
