// The crew's page: a list of tasks by deadline with large buttons. Data from the server only ever becomes text nodes.
import * as queue from "./queue.js";

const POLL_MS = 10000;
const STEPS = { offered: ["accept", "return"], accepted: ["start", "return"], started: ["done"] };
const byId = (id) => document.getElementById(id);
const load = (key, otherwise) => JSON.parse(localStorage.getItem(key) ?? "null") ?? otherwise;
const store = (key, value) => localStorage.setItem(key, JSON.stringify(value));

const words = await fetch("/crew/texts.json").then((answer) => answer.json());
let lang = load("wangge.lang", "zh");
let session = load("wangge.session", null);
let tasks = load("wangge.tasks", { items: [], now_ms: 0, speed: 1, at: 0 });
let offline = false;
let asking = null; // {task_id, action, note} while a note is written
let busy = false;

function t(key, values = {}) {
  return (words[lang][key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

function make(tag, classes = "", text = "") {
  const element = document.createElement(tag);
  element.className = classes;
  element.textContent = text;
  return element;
}

function button(text, classes, act) {
  const made = make("button", classes, text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

async function call(method, path, body) {
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      headers: { "Content-Type": "application/json", "X-CSRF-Token": session?.csrf ?? "" },
      body: body && JSON.stringify(body),
    });
  } catch {
    return null; // no connection
  }
}

// --- talking to the server -------------------------------------------------------------------------------------------

async function fetchTasks() {
  const answer = await call("GET", "/tasks?state=offered,accepted,started");
  if (answer === null || answer.status >= 500) return "offline";
  if (answer.status === 401) return "login";
  if (answer.ok) {
    tasks = { ...(await answer.json()), at: Date.now() };
    store("wangge.tasks", tasks);
  }
  return "sent";
}

async function readTask(id) {
  const outcome = await fetchTasks();
  if (outcome !== "sent") return null;
  return tasks.items.find((task) => task.id === id) ?? { state: "withdrawn" };
}

async function sync() {
  if (!session || busy) return;
  busy = true;
  let outcome = await queue.send(session.name, (path, body) => call("POST", path, body), readTask, dropped);
  if (outcome === "sent") outcome = await fetchTasks();
  busy = false;
  offline = outcome === "offline";
  if (outcome === "login") leave();
  render();
}

function dropped(action, refusal) {
  const why = refusal.error === "conflict" ? t("crew.changed") : refusal.detail;
  const line = make("div", "problem", t("crew.dropped", { action: t(`crew.${action.action}`), title: action.title[lang === "zh" ? 0 : 1], why }));
  line.append(button(t("crew.dismiss"), "plain", () => line.remove()));
  byId("problems").append(line);
}

function leave() {
  session = null;
  store("wangge.session", null);
}

// --- what is shown ---------------------------------------------------------------------------------------------------

function siteNow() {
  return tasks.now_ms + (tasks.speed ?? 1) * (Date.now() - tasks.at);
}

function precise(ms) {
  const s = Math.floor(Math.abs(ms) / 1000);
  const part = (value) => String(value).padStart(2, "0");
  if (s >= 86400) return `${Math.floor(s / 86400)} ${t("unit.d")} ${Math.floor(s / 3600) % 24} ${t("unit.h")}`;
  return `${Math.floor(s / 3600)}:${part(Math.floor(s / 60) % 60)}:${part(s % 60)}`;
}

function tick() {
  for (const element of document.querySelectorAll("[data-deadline]")) {
    const left = Number(element.dataset.deadline) - siteNow();
    element.textContent = t(left < 0 ? "crew.late" : "crew.left", { time: precise(left) });
    element.className = `left ${left < 0 ? "late" : left < 1800000 ? "hot" : ""}`;
  }
}

function act(task, action, note) {
  queue.add(session.name, task, action, note);
  asking = null;
  render();
  sync();
}

function ask(task, action) {
  asking = { task_id: task.id, action, note: "" };
  render();
  byId("note")?.focus();
}

function noteForm(task) {
  const form = make("form", "ask");
  const label = make("label", "", t(`crew.note_${asking.action}`));
  const note = make("textarea");
  note.id = "note";
  note.maxLength = 2000;
  note.value = asking.note;
  note.required = asking.action === "return";
  note.addEventListener("input", () => (asking.note = note.value));
  label.append(note);
  const send = make("button", "strong", `${t("crew.send")}：${t(`crew.${asking.action}`)}`);
  send.type = "submit";
  form.append(label, send, button(t("form.cancel"), "", () => { asking = null; render(); }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act(task, asking.action, asking.note.trim());
  });
  return form;
}

function card(task) {
  const state = queue.state(task);
  const made = make("article", `task sev-${task.severity}`);
  made.dataset.task = task.id;
  const head = make("div", "line");
  head.append(make("h2", "", lang === "zh" ? task.title_zh : task.title_en), make("span", `state ${state}`, t(`task_state.${state}`)));
  made.append(head);
  if (task.deadline_ms !== null && state !== "done") {
    const left = make("div", "left");
    left.dataset.deadline = task.deadline_ms;
    made.append(left);
  }
  made.append(make("div", "place", task.place));
  const facts = make("div", "facts", [t(`severity.${task.severity}`), task.device_id ?? task.subject_id, task.case_number ?? ""].filter(Boolean).join(" · "));
  made.append(facts);
  if (task.round > 1) made.append(make("div", "rework", `${t("crew.rework")} · ${t("crew.round", { n: task.round })}`));
  if (queue.isPending(task)) made.append(make("div", "pending", t("crew.pending")));
  if (asking?.task_id === task.id) {
    made.append(noteForm(task));
    return made;
  }
  const buttons = make("div", "buttons");
  for (const action of STEPS[state] ?? []) {
    const plain = action === "return";
    const begin = () => (action === "done" || action === "return" ? ask(task, action) : act(task, action, ""));
    buttons.append(button(t(`crew.${action}`), plain ? "" : "strong", begin));
  }
  if (task.lat !== null && task.lon !== null) {
    const way = make("a", "way", t("crew.navigate"));
    way.href = `geo:${task.lat},${task.lon}?q=${task.lat},${task.lon}`;
    buttons.append(way);
  }
  made.append(buttons);
  return made;
}

function render() {
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  byId("login").hidden = session !== null;
  byId("head").hidden = session === null;
  byId("tasks").hidden = session === null;
  for (const [id, key] of [["login-title", "app.name"], ["login-name", "login.name"], ["login-password", "login.password"], ["login-submit", "login.submit"], ["login-language", "app.language"], ["language", "app.language"], ["logout", "app.logout"], ["title", "crew.title"]]) {
    byId(id).textContent = t(key);
  }
  const waiting = session ? queue.all().length : 0;
  byId("notice").hidden = !(session && (offline || waiting));
  byId("notice").textContent = [offline ? t("crew.offline") : "", waiting ? t("crew.waiting", { n: waiting }) : ""].filter(Boolean).join(" · ");
  if (!session) return;
  byId("who").textContent = [session.crew ?? session.name, tasks.at ? t("crew.updated", { time: new Date(tasks.at).toLocaleTimeString(lang === "zh" ? "zh-CN" : "en-GB") }) : ""].filter(Boolean).join(" · ");
  if (asking && document.activeElement === byId("note")) return; // do not disturb who is writing
  const shown = tasks.items.filter((task) => !["done", "returned"].includes(queue.state(task)) || queue.isPending(task));
  byId("tasks").replaceChildren(...shown.map(card));
  if (!shown.length) {
    const nothing = make("div", "nothing");
    nothing.append(make("b", "", t("crew.none")), make("span", "", t("crew.none_means")));
    byId("tasks").append(nothing);
  }
  tick();
}

// --- login, language, logout -----------------------------------------------------------------------------------------

byId("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = event.target.elements;
  const answer = await call("POST", "/login", { name: fields.name.value.trim(), password: fields.password.value });
  const told = answer === null ? { error: "unreachable" } : await answer.json();
  if (answer?.ok) {
    session = { name: fields.name.value.trim(), role: told.role, crew: told.crew, csrf: told.csrf };
    store("wangge.session", session);
    fields.password.value = "";
    byId("login-refused").textContent = "";
    if (tasks.user !== session.name) tasks = { items: [], now_ms: 0, speed: 1, at: 0 };
    render();
    await sync();
  } else {
    byId("login-refused").textContent = t(`error.${told.error}`);
  }
});

for (const id of ["language", "login-language"]) {
  byId(id).addEventListener("click", () => {
    lang = lang === "zh" ? "en" : "zh";
    store("wangge.lang", lang);
    document.cookie = `wangge_lang=${lang}; path=/; max-age=31536000; SameSite=Lax`;
    render();
  });
}

byId("logout").addEventListener("click", async () => {
  if (queue.all().length && !window.confirm(t("crew.keep"))) return;
  await call("POST", "/logout");
  leave();
  localStorage.removeItem("wangge.tasks");
  tasks = { items: [], now_ms: 0, speed: 1, at: 0 };
  render();
});

window.addEventListener("online", sync);
document.addEventListener("visibilitychange", () => !document.hidden && sync());
setInterval(sync, POLL_MS);
setInterval(tick, 1000);
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/crew/worker.js", { scope: "/crew/" });
if (!session) {
  const answer = await call("GET", "/me"); // logged in on the console's login page already?
  if (answer?.ok) {
    session = await answer.json();
    store("wangge.session", session);
  }
}
render();
sync();
