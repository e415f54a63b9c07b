// Buttons of the head: switch the language, log out. (Not a module: it runs on every page, before the parts.)
document.addEventListener("click", async (event) => {
  const what = event.target.closest("[data-do]")?.dataset.do;
  if (what === "language") {
    const other = window.wangge.lang === "zh" ? "en" : "zh";
    document.cookie = `wangge_lang=${other}; path=/; max-age=31536000; SameSite=Lax`;
    window.location.reload();
  }
  if (what === "logout") {
    await fetch("/api/v1/logout", { method: "POST", headers: { "X-CSRF-Token": window.wangge.csrf } });
    window.location.assign("/login");
  }
});
