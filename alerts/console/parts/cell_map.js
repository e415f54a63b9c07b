// The unit grid on a plain ground (no map tiles, so it works without the internet). The polygons come once, by HTTP,
// and stay in the browser's cache; afterwards only `paint` travels: {cell code: [worst severity, live alerts]}.
import { leaflet as L } from "nicegui-leaflet";
import { loadResource } from "../../static/utils/resources.js";
import { text } from "/console/static/common.js";

const severities = ["critical", "major", "minor", "warning", "info"];

export default {
  template: `
    <div class="w-map">
      <div ref="map" style="height: 100%" role="application" :aria-label="t('map.label')"></div>
      <div class="w-views">
        <button v-for="one in views" :key="one" type="button" :class="['w-button', { on: one === view }]" @click="look(one)">{{ t("map.view." + one) }}</button>
      </div>
      <div class="w-legend">
        <span v-for="one in severities" :key="one" :class="['w-sev', 'sev-' + one]">{{ t("severity." + one) }}</span>
      </div>
    </div>`,
  props: { paint: Object, dots: Array, chosen: String, resourcePath: String },
  emits: ["choose"],
  data: () => ({ severities, views: [], view: null }),
  async mounted() {
    await this.$nextTick();
    await loadResource(window.path_prefix + `${this.resourcePath}/leaflet/leaflet.css`);
    const css = getComputedStyle(document.documentElement);
    this.colour = Object.fromEntries(severities.map((one) => [one, css.getPropertyValue("--" + one).trim()]));
    this.map = L.map(this.$refs.map, { attributionControl: false, zoomSnap: 0.25, preferCanvas: true });
    this.layers = {};
    const answer = await fetch("/api/v1/cells");
    if (!answer.ok) return;
    const grid = await answer.json();
    const features = grid.features;
    const bounds = ([west, south, east, north]) => L.latLngBounds([south, west], [north, east]);
    this.bounds = { core: bounds(grid.core), all: bounds(grid.bbox) };
    this.views = ["core", "all"];
    const of = (kind) => ({ type: "FeatureCollection", features: features.filter((one) => one.properties.kind === kind) });
    this.cells = L.geoJSON(of("cell"), {
      style: (feature) => this.style(feature.properties.code),
      onEachFeature: (feature, layer) => {
        this.layers[feature.properties.code] = layer;
        layer.on("click", () => this.$emit("choose", feature.properties.code === this.chosen ? null : feature.properties.code));
        layer.bindTooltip(() => this.tip(feature.properties), { sticky: true, className: "w-tip" });
      },
    }).addTo(this.map);
    L.geoJSON(of("subdistrict"), { interactive: false, style: { color: "#587182", weight: 1.4, fill: false } }).addTo(this.map);
    this.alerts = L.layerGroup().addTo(this.map);
    this.labels = of("subdistrict").features.map(({ properties }) =>
      L.tooltip([properties.lat, properties.lon], { content: this.escape(properties.name), permanent: true, direction: "center", className: "w-place" }).addTo(this.map),
    );
    this.map.on("zoomend", () => this.thin());
    this.look("core");
    this.map.on("movestart", () => (this.view = null));
    this.mark();
    this.observer = new ResizeObserver(() => this.map.invalidateSize());
    this.observer.observe(this.$refs.map);
  },
  unmounted() {
    this.observer?.disconnect();
    this.map?.remove();
  },
  watch: {
    paint(after, before) {
      for (const code of new Set([...Object.keys(after), ...Object.keys(before ?? {})])) this.redraw(code);
    },
    dots() {
      this.mark();
    },
    chosen(after, before) {
      this.redraw(before);
      this.redraw(after);
    },
  },
  methods: {
    t: text,
    // The built-up core, where most devices stand, or the whole district.
    look(view) {
      this.map.fitBounds(this.bounds[view], { padding: [14, 14], animate: false });
      this.view = view;
      this.thin();
    },
    escape(words) {
      const span = document.createElement("span");
      span.textContent = words;
      return span.innerHTML;
    },
    style(code) {
      const [severity] = this.paint[code] ?? [];
      const chosen = code === this.chosen;
      return {
        fillColor: severity ? this.colour[severity] : "#18222a",
        fillOpacity: severity ? 0.5 : 0.85,
        color: chosen ? "#ffffff" : severity ? this.colour[severity] : "#2c3a45",
        weight: chosen ? 2.5 : 0.7,
      };
    },
    redraw(code) {
      const layer = this.layers?.[code];
      if (!layer) return;
      layer.setStyle(this.style(code));
      if (code === this.chosen) layer.bringToFront();
    },
    mark() {
      if (!this.alerts) return;
      this.alerts.clearLayers();
      for (const dot of this.dots ?? []) {
        const colour = this.colour[dot.severity];
        const look = dot.firing ? { color: "#0b1014", fillColor: colour, fillOpacity: 1 } : { color: colour, opacity: 0.4, fill: false };
        L.circleMarker([dot.lat, dot.lon], { radius: dot.firing ? 4.5 : 3, weight: 1.2, interactive: false, ...look }).addTo(this.alerts);
      }
    },
    tip(properties) {
      const [severity, count] = this.paint[properties.code] ?? [];
      const told = severity ? text("map.alerts", { n: count, severity: text("severity." + severity) }) : text("map.quiet");
      return `${this.escape(properties.place)}<br><span class="number muted">${this.escape(properties.code)}</span><br>${this.escape(told)}`;
    },
    // Hide the labels that would lie over another one; larger scales show more.
    thin() {
      const taken = [];
      for (const label of this.labels) {
        const element = label.getElement();
        if (!element) continue;
        element.style.visibility = "";
        const box = element.getBoundingClientRect();
        const hit = taken.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top);
        if (hit) element.style.visibility = "hidden";
        else taken.push(box);
      }
    },
  },
};
