// The countdown of one case, large.
import { countdown, moment, text } from "/console/static/common.js";

export default {
  template: `
    <div :class="'level-' + left.level" style="min-width: 150px">
      <div class="big w-urgency">{{ left.words }}</div>
      <div class="w-bar"><i :style="{ width: 100 * (left.level === 'late' ? 1 : left.share) + '%' }"></i></div>
      <div class="muted" v-if="row.deadline_ms !== null">{{ t("case.deadline", { time: m(row.deadline_ms) }) }}</div>
    </div>`,
  props: { row: Object },
  computed: {
    left() {
      return countdown(this.row);
    },
  },
  methods: { t: text, m: moment },
};
