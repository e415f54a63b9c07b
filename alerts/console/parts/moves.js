// The moves that this person may make with the case now, and the opinion that goes with them.
import { call, tell, text } from "/console/static/common.js";

export default {
  template: `
    <div class="w-moves">
      <div v-if="!moves.length" class="muted">{{ t("case.no_moves") }}</div>
      <template v-else>
        <label class="muted" for="opinion">{{ t("case.opinion") }}</label>
        <textarea id="opinion" class="w-field" v-model="opinion" maxlength="2000"></textarea>
        <div class="buttons">
          <button v-for="one in moves" :key="one.move" class="w-button" :disabled="busy || (one.opinion && opinion.trim().length < 2)"
                  :title="one.opinion ? t('case.needs_opinion') : ''" @click="make(one.move)">{{ t("move." + one.move) }}</button>
        </div>
      </template>
    </div>`,
  props: { caseId: Number, version: Number, moves: Array },
  emits: ["changed"],
  data: () => ({ opinion: "", busy: false }),
  methods: {
    t: text,
    async make(move) {
      this.busy = true;
      const answer = await call(`/cases/${this.caseId}/moves`, { move, version: this.version, opinion: this.opinion.trim() });
      if (answer) {
        this.opinion = "";
        tell(text("case.moved", { move: text("move." + move) }));
      }
      this.busy = false;
      this.$emit("changed");
    },
  },
};
