// The list of cases, each with what is left until its deadline.
import { countdown, moment, text } from "/console/static/common.js";

export default {
  template: `
    <div>
      <div v-if="!rows.length" class="w-empty"><b>{{ t("cases.none") }}</b>{{ t(filtered ? "cases.none_filtered" : "cases.none_means") }}</div>
      <div v-for="row in rows" :key="row.id" :class="['w-row', 'sev-' + row.severity, { quiet: row.closed_at_ms !== null }]" :data-case="row.id">
        <div class="main">
          <div class="line">
            <a class="title clip" :href="'/cases/' + row.id">{{ row.title }}</a>
            <span class="w-badge due">{{ t("case_state." + row.state) }}</span>
            <span v-if="row.rework_count" class="w-badge">{{ t("cases.rework", { n: row.rework_count }) }}</span>
            <span class="muted number clip">{{ row.number ?? t("cases.no_number") }}</span>
          </div>
          <div class="line muted"><span class="clip">{{ row.place }}</span><span v-if="row.crew" class="clip">{{ row.crew }}</span></div>
        </div>
        <div v-if="row.closed_at_ms === null" :class="['w-count', 'level-' + left(row).level]" :title="m(row.deadline_ms)">
          <div class="number w-urgency">{{ left(row).words }}</div>
          <div class="w-bar"><i :style="{ width: 100 * (left(row).level === 'late' ? 1 : left(row).share) + '%' }"></i></div>
        </div>
        <div v-else class="w-count muted"><div class="number">{{ m(row.closed_at_ms) }}</div>{{ t("closed_how." + row.closed_how) }}</div>
      </div>
      <div v-if="total > rows.length" class="w-more">{{ t("list.more", { n: total - rows.length }) }}
        <a v-if="moreHref" :href="moreHref">{{ t("list.all") }}</a></div>
    </div>`,
  props: { rows: Array, total: Number, filtered: Boolean, moreHref: String },
  methods: { t: text, m: moment, left: countdown },
};
