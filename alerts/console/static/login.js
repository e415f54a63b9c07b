// The login form: asks the API, then goes where the visitor wanted to go (only inside this site).
const form = document.querySelector("form");
const message = document.querySelector("[role=alert]");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  message.textContent = "";
  form.querySelector("button").disabled = true;
  const body = JSON.stringify({ name: form.elements.name.value.trim(), password: form.elements.password.value });
  try {
    const answer = await fetch("/api/v1/login", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const told = await answer.json();
    if (answer.ok) {
      const wanted = new URLSearchParams(window.location.search).get("next") ?? "/";
      const safe = wanted.startsWith("/") && !wanted.startsWith("//") && !wanted.includes("\\") ? wanted : "/";
      window.location.assign(told.role === "crew" ? "/crew" : safe);
      return;
    }
    message.textContent = form.dataset[told.error] ?? told.detail;
  } catch {
    message.textContent = form.dataset.unreachable;
  }
  form.querySelector("button").disabled = false;
  form.elements.password.select();
});

document.querySelector("[data-do=language]").addEventListener("click", (event) => {
  document.cookie = `wangge_lang=${event.target.dataset.other}; path=/; max-age=31536000; SameSite=Lax`;
  window.location.reload();
});
