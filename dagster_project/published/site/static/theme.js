// Before the first paint: the theme that was chosen last, else the system's.
"use strict";
window.coffer = { charts: {}, details: {} };
coffer.theme = (chosen) => {
  try {
    if (chosen) localStorage.setItem("coffer-theme", chosen);
    chosen = localStorage.getItem("coffer-theme");
  } catch { /* storage may be forbidden: then the choice lasts as long as the page */ }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = chosen || (dark ? "dark" : "light");
};
coffer.theme();
