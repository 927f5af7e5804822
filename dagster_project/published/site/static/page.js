// Start the page: state, findings, tables, charts, theme, and whether the build is old.
"use strict";
(() => {
  const STALE_HOURS = 26;

  const showFindings = () => {
    for (const host of document.querySelectorAll("[data-pick]")) {
      const row = coffer.pick(host.dataset.pick, coffer.selection());
      host.textContent = row?.[host.dataset.field] ?? host.dataset.none ?? "";
    }
    document.title = `${document.querySelector("h1").textContent} · Coffer`;
  };

  const warnIfStale = () => {
    const banner = document.getElementById("stale");
    const hours = Math.floor((Date.now() - Date.parse(banner.dataset.built)) / 3_600_000);
    banner.hidden = hours < STALE_HOURS;
    banner.querySelector("[data-age]").textContent = hours < 96 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
  };

  const startTheme = () => {
    const button = document.getElementById("theme");
    const say = () => { button.textContent = document.documentElement.dataset.theme === "dark" ? "Light" : "Dark"; };
    button.addEventListener("click", () => {
      const chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
      coffer.theme(chosen);
      say();
      coffer.drawCharts?.();
    });
    say();
  };

  coffer.startState();
  warnIfStale();
  startTheme();
  showFindings();
  coffer.onSelection(showFindings);
  coffer.startTables();
  coffer.startCharts?.();
  document.documentElement.dataset.ready = "";
})();
