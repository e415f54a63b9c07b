// What every part of the console shares: the site's clock, times and countdowns in words, and calls of the API.
// The page puts `window.wangge = {clock, lang, zone, texts, csrf, wall_ms}` before any part is mounted.

import { ref } from "vue";

const page = window.wangge;
document.documentElement.lang = page.lang === "zh" ? "zh-CN" : "en";
const skewMs = page.wall_ms - Date.now(); // the browser's clock may be wrong; the server's counts

export const texts = page.texts;

export function text(key, values = {}) {
  const found = texts[key] ?? key;
  return found.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function wallMs() {
  return Date.now() + skewMs;
}

// The clock of the site: now = what it showed when the page was made + speed · wall time since. It may run faster than the wall.
function siteMs() {
  return page.clock.now_ms + page.clock.speed * (wallMs() - page.wall_ms);
}

export const now = ref(siteMs());
setInterval(() => (now.value = siteMs()), 1000);

const locale = page.lang === "zh" ? "zh-CN" : "en-GB";
const clockFormat = new Intl.DateTimeFormat(locale, {
  timeZone: page.zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const minuteFormat = new Intl.DateTimeFormat(locale, {
  timeZone: page.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const dayFormat = new Intl.DateTimeFormat("sv-SE", { timeZone: page.zone });
const numberFormat = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

export function timeOfDay(ms) {
  return clockFormat.format(ms);
}

// The minute, with the day before it where that is not today.
export function moment(ms) {
  if (ms === null || ms === undefined) return "–";
  const day = dayFormat.format(ms);
  return day === dayFormat.format(now.value) ? minuteFormat.format(ms) : `${day.slice(5)} ${minuteFormat.format(ms)}`;
}

export function day(ms) {
  return dayFormat.format(ms);
}

export function number(value) {
  return value === null || value === undefined ? "–" : numberFormat.format(value);
}

// A duration as the two largest units: "3 d 4 h", "2 h 05 min", "41 s".
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [d, h, m, s] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  if (d) return `${d} ${text("unit.d")} ${h} ${text("unit.h")}`;
  if (h) return `${h} ${text("unit.h")} ${String(m).padStart(2, "0")} ${text("unit.min")}`;
  if (m) return `${m} ${text("unit.min")}`;
  return `${s} ${text("unit.s")}`;
}

// What is left until a deadline: words, share of the time that is left (0…1) and how pressing it is.
export function countdown(row) {
  if (row.deadline_ms === null) return { words: text("countdown.none"), share: 0, level: "none" };
  const stop = row.done_at_ms ?? now.value;
  const left = row.deadline_ms - stop;
  const whole = Math.max(1, row.deadline_ms - (row.dispatched_at_ms ?? row.reported_at_ms));
  const share = Math.min(1, Math.max(0, left / whole));
  if (row.done_at_ms !== null) {
    return { words: text(left < 0 ? "countdown.was_late" : "countdown.in_time"), share, level: left < 0 ? "late" : "done" };
  }
  if (left < 0) return { words: text("countdown.late", { time: precise(-left) }), share: 0, level: "late" };
  return { words: precise(left), share, level: share < 0.2 ? "hot" : share < 0.5 ? "warm" : "calm" };
}

function precise(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds >= 86400) return duration(ms);
  const part = (value) => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${part(Math.floor(seconds / 60) % 60)}:${part(seconds % 60)}`;
}

// Call the API; return the answer, or show why it refused and return null.
export async function call(path, body) {
  try {
    const answer = await fetch(`/api/v1${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": page.csrf },
      body: JSON.stringify(body),
    });
    if (answer.ok) return await answer.json();
    if (answer.status === 401) window.location.assign("/login");
    const refusal = await answer.json();
    tell(text(`error.${refusal.error}`, refusal) + (refusal.error === "conflict" ? "" : ` ${refusal.detail}`), "negative");
  } catch {
    tell(text("error.unreachable"), "negative");
  }
  return null;
}

export function tell(message, type = "positive") {
  window.Quasar.Notify.create({ message, type, position: "bottom-left", timeout: 5000 });
}

// Put text on the clipboard; browsers offer theirs on https and localhost only.
export async function copied(words) {
  if (navigator.clipboard) return navigator.clipboard.writeText(words);
  const field = document.createElement("textarea");
  field.value = words;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
