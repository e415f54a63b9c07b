// A table of plain values. Columns: {key, title, kind}; kinds: text, name, wide, number, moment, hour, severity, link (value
// [address, words]), good (a truth that ought to hold), bars (numbers in a row), command (to be copied), post (a button that sends {path, body}), state (a word of the text table).
import { call, copied, day, moment, number, tell, text } from "/console/static/common.js";

export default {
  template: `
    <div>
      <div v-if="!rows.length" class="w-empty"><b>{{ emptyTitle }}</b>{{ emptyMeans }}</div>
      <table v-else class="w-table">
        <thead><tr><th v-for="one in columns" :key="one.key" scope="col" :class="{ right: one.kind === 'number' }">{{ one.title }}</th></tr></thead>
        <tbody>
          <tr v-for="(row, index) in rows" :key="index">
            <td v-for="one in columns" :key="one.key" :class="{ right: one.kind === 'number', number: isCode(one.kind), wide: one.kind === 'wide', name: one.kind === 'name' }">
              <a v-if="one.kind === 'link' && row[one.key]" :href="row[one.key][0]">{{ row[one.key][1] }}</a>
              <span v-else-if="one.kind === 'severity'" :class="['w-sev', 'sev-' + row[one.key]]">{{ t("severity." + row[one.key]) }}</span>
              <span v-else-if="one.kind === 'good'" :style="{ color: row[one.key] ? 'var(--good)' : 'var(--critical)' }">{{ t(row[one.key] ? "table.yes" : "table.no") }}</span>
              <svg v-else-if="one.kind === 'bars'" class="w-bars" :width="5 * row[one.key].length" height="16" role="img" :aria-label="row[one.key].join(' ')"><title>{{ row[one.key].join(" ") }}</title><rect v-for="(value, at) in row[one.key]" :key="at" :x="5 * at" :y="16 - height(value, row[one.key])" width="4" :height="height(value, row[one.key])" fill="currentColor" /></svg>
              <span v-else-if="one.kind === 'command' && row[one.key]" class="w-command"><code>{{ row[one.key] }}</code> <button class="w-button" type="button" @click="copy(row[one.key])">{{ t("form.copy") }}</button></span>
              <button v-else-if="one.kind === 'post' && row[one.key]" class="w-button" type="button" :disabled="busy" @click="post(row[one.key])">{{ t(row[one.key].words) }}</button>
              <span v-else :class="{ 'w-runbook': one.kind === 'wide' }">{{ show(row[one.key], one.kind) }}</span>
            </td>
          </tr>
        </tbody>
      </table>
      <div v-if="total > rows.length" class="w-more">{{ t("list.more", { n: total - rows.length }) }}</div>
    </div>`,
  props: { columns: Array, rows: Array, total: Number, emptyTitle: String, emptyMeans: String },
  emits: ["done"],
  data: () => ({ busy: false }),
  methods: {
    t: text,
    async copy(command) {
      await copied(command);
      tell(text("form.copied"));
    },
    async post(act) {
      this.busy = true;
      const answer = await call(act.path, act.body);
      if (answer) tell(text(act.told, answer));
      this.busy = false;
      this.$emit("done");
    },
    isCode: (kind) => ["number", "moment", "hour", "code"].includes(kind),
    height: (value, all) => (value ? Math.max(2, Math.round((16 * value) / Math.max(...all))) : 0),
    show(value, kind) {
      if (value === null || value === undefined || value === "") return "–";
      if (kind === "number") return number(value);
      if (kind === "moment") return moment(value);
      if (kind === "hour") return `${day(value)} ${moment(value).slice(-5)}`;
      return value;
    },
  },
};
