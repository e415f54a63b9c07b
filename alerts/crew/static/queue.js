// The queue of actions: what a crew did, in order, until the server has it. Kept in localStorage, so that it survives
// a closed page and an empty battery. Every action has an id of its own; a repeated one changes nothing.

const KEY = "wangge.queue";
const TRIES = 3; // how often an action follows a case that others (the deadline timer, for one) changed meanwhile
export const TARGET = { accept: "accepted", start: "started", done: "done", return: "returned" };

export function all() {
  return JSON.parse(localStorage.getItem(KEY) ?? "[]");
}

function keep(queue) {
  localStorage.setItem(KEY, JSON.stringify(queue));
}

export function add(user, task, action, note) {
  const seen = state(task);
  keep([...all(), { id: crypto.randomUUID(), user, task_id: task.id, title: [task.title_zh, task.title_en], action, note, version: task.version, seen, tries: 0 }]);
}

// The state of a task as the crew sees it: what waits in the queue counts as done.
export function state(task) {
  const last = all().filter((one) => one.task_id === task.id).at(-1);
  return last ? TARGET[last.action] : task.state;
}

export function isPending(task) {
  return all().some((one) => one.task_id === task.id);
}

// Send what waits. Returns "sent", "offline" or "login"; `dropped(action, refusal)` hears of what the server refused.
export async function send(user, post, read, dropped) {
  for (;;) {
    const next = all().find((one) => one.user === user);
    if (!next) return "sent";
    const answer = await post(`/tasks/${next.task_id}/${next.action}`, { version: next.version, note: next.note });
    if (answer === null || answer.status >= 500 || answer.status === 429) return "offline";
    if (answer.status === 401) return "login";
    if (answer.ok) {
      const task = await answer.json();
      keep(all().filter((one) => one.id !== next.id).map((one) => (one.task_id === task.id ? { ...one, version: task.version } : one)));
      continue;
    }
    const refusal = await answer.json().catch(() => ({ error: "refused", detail: String(answer.status) }));
    const current = refusal.error === "conflict" && next.tries < TRIES ? await read(next.task_id) : undefined;
    if (current === null) return "offline";
    if (current && current.state === next.seen) {
      keep(all().map((one) => (one.id === next.id ? { ...one, version: current.version, tries: one.tries + 1 } : one)));
      continue;
    }
    keep(all().filter((one) => one.task_id !== next.task_id)); // what builds on a refused action falls with it
    dropped(next, refusal);
  }
}
