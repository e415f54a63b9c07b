// The list of alerts. `a` acknowledges the chosen one, ↑ and ↓ (or j and k) choose.
import { call, duration, moment, now, tell, text } from "/console/static/common.js";

export default {
  template: `
    <div>
      <div v-if="!rows.length" class="w-empty"><b>{{ t("alerts.none") }}</b>{{ t(filtered ? "alerts.none_filtered" : "alerts.none_means") }}</div>
      <div v-if="canAct && cleared.length > 1" class="w-cleared">{{ t("alerts.cleared", { n: cleared.length }) }}
        <button class="w-button" :disabled="busy.all" @click="acknowledgeCleared">{{ t("alerts.acknowledge_cleared") }}</button></div>
      <div v-for="row in rows" :key="row.id" :class="classes(row)" @click="chosen = row.id" :data-alert="row.id">
        <div class="main">
          <div class="line">
            <span class="w-sev">{{ t("severity." + row.severity) }}</span>
            <a class="title clip" :href="'/alerts/' + row.id">{{ row.title }}</a>
            <span class="muted clip" :title="row.reason">{{ row.reason }}</span>
          </div>
          <div class="line muted">
            <span class="clip">{{ row.place }}</span>
            <a v-if="row.device_id" class="number" :href="'/devices/' + encodeURIComponent(row.device_id)">{{ row.device_id }}</a>
            <a v-if="row.case_id" class="number" :href="'/cases/' + row.case_id">{{ t("alerts.case") }} {{ short(row.case_number) }}</a>
            <span class="number clip" :title="t('alerts.rule', row)">{{ row.rule_id }} · {{ row.rule_version }}</span>
          </div>
        </div>
        <div class="side">
          <div style="text-align: right">
            <div class="number" :title="full(row)">{{ m(row.fired_at_ms) }}</div>
            <div class="muted">{{ since(row) }}</div>
          </div>
          <button v-if="canAct && open(row)" class="w-button" :disabled="busy[row.id]" @click.stop="acknowledge(row)">{{ t("alerts.acknowledge") }}</button>
          <button v-else-if="canAct && row.state === 'SHLVD'" class="w-button" :disabled="busy[row.id]" @click.stop="unshelve(row)">{{ t("alerts.unshelve") }}</button>
          <span v-else class="w-badge">{{ t("alert_state." + row.state) }}</span>
          <button v-if="canAct && shelving && row.state !== 'SHLVD' && row.state !== 'NORM'" class="w-button plain" :disabled="busy[row.id]" @click.stop="shelve(row)">{{ t("alerts.shelve") }}</button>
        </div>
      </div>
      <div v-if="total > rows.length" class="w-more">{{ t("list.more", { n: total - rows.length }) }}
        <a v-if="moreHref" :href="moreHref">{{ t("list.all") }}</a></div>
    </div>`,
  props: { rows: Array, total: Number, canAct: Boolean, filtered: Boolean, shelving: Boolean, moreHref: String },
  emits: ["changed"],
  data: () => ({ chosen: null, busy: {} }),
  computed: {
    cleared() {
      return this.rows.filter((row) => row.state === "RTNUN");
    },
  },
  mounted() {
    this.onKey = (event) => this.key(event);
    window.addEventListener("keydown", this.onKey);
  },
  unmounted() {
    window.removeEventListener("keydown", this.onKey);
  },
  methods: {
    t: text,
    m: moment,
    short: (value) => (value ? "…" + value.slice(-5) : ""),
    open: (row) => row.state === "UNACK" || row.state === "RTNUN",
    classes(row) {
      return ["w-row", "sev-" + row.severity, { chosen: this.chosen === row.id, quiet: !row.firing }];
    },
    since(row) {
      if (row.firing) return text("alerts.since", { time: duration(now.value - row.fired_at_ms) });
      return text("alerts.lasted", { time: duration((row.resolved_at_ms ?? now.value) - row.fired_at_ms) });
    },
    full: (row) => text("alert_state." + row.state),
    async act(row, path, body, told) {
      this.busy[row.id] = true;
      const answer = await call(`/alerts/${row.id}/${path}`, { version: row.version, ...body });
      if (answer) tell(told);
      delete this.busy[row.id];
      this.$emit("changed");
    },
    acknowledge(row) {
      return this.act(row, "acknowledge", {}, text("alerts.acknowledged", row));
    },
    async acknowledgeCleared() {
      this.busy.all = true;
      const items = this.cleared.map(({ id, version }) => ({ id, version }));
      const answer = await call("/alerts/acknowledge", { items });
      if (answer) tell(text("alerts.acknowledged_many", { n: answer.acknowledged.length }));
      delete this.busy.all;
      this.$emit("changed");
    },
    unshelve(row) {
      return this.act(row, "unshelve", {}, text("alerts.unshelved", row));
    },
    shelve(row) {
      window.Quasar.Dialog.create({
        title: text("alerts.shelve_title", row),
        message: text("alerts.shelve_reason"),
        prompt: { model: "", type: "text", isValid: (value) => value.trim().length >= 2 },
        ok: text("alerts.shelve_2h"),
        cancel: text("form.cancel"),
        dark: true,
      }).onOk((reason) => this.act(row, "shelve", { until_ms: Math.round(now.value) + 7200000, reason }, text("alerts.shelved", row)));
    },
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
      const at = this.rows.findIndex((row) => row.id === this.chosen);
      const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
      if (step && this.rows.length) {
        event.preventDefault();
        this.chosen = this.rows[Math.min(this.rows.length - 1, Math.max(0, at + step))].id;
        this.$nextTick(() => this.$el.querySelector(".chosen")?.scrollIntoView({ block: "nearest" }));
      } else if (event.key === "a" && this.canAct && at >= 0 && this.open(this.rows[at])) {
        this.acknowledge(this.rows[at]);
      }
    },
  },
};
