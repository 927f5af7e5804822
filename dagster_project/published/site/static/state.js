// The state of the page is its address: filters, and of tables the search, the order and the open row.
"use strict";
(() => {
  const FILTERS = ["company", "book", "asset", "period"];
  const state = new URLSearchParams(location.hash.slice(1));
  const listeners = [];

  coffer.state = (name) => state.get(name);
  coffer.remember = (name, value) => {
    if (value === null || value === "" || value === "*") state.delete(name);
    else state.set(name, value);
    history.replaceState(null, "", "#" + state);
    carry();
  };
  // Links to the other pages take the filters along.
  const carry = () => {
    const filters = new URLSearchParams(FILTERS.filter((name) => state.get(name)).map((name) => [name, state.get(name)]));
    for (const link of document.querySelectorAll("a[data-page]")) link.hash = filters.toString();
  };
  coffer.selection = () => {
    const selection = {};
    for (const name of FILTERS) {
      const control = document.getElementById(`filter-${name}`);
      selection[name] = control ? control.value : "*";
    }
    return selection;
  };
  coffer.onSelection = (listener) => listeners.push(listener);

  const apply = () => {
    for (const name of FILTERS) {
      const control = document.getElementById(`filter-${name}`);
      if (!control) continue;
      const wanted = state.get(name);
      control.value = [...control.options].some((option) => option.value === wanted) ? wanted : control.dataset.default;
    }
  };
  coffer.startState = () => {
    apply();
    carry();
    for (const name of FILTERS) {
      document.getElementById(`filter-${name}`)?.addEventListener("change", (event) => {
        coffer.remember(name, event.target.value === event.target.dataset.default ? null : event.target.value);
        listeners.forEach((listener) => listener());
      });
    }
    document.getElementById("filter-reset")?.addEventListener("click", () => {
      FILTERS.forEach((name) => coffer.remember(name, null));
      apply();
      listeners.forEach((listener) => listener());
    });
    addEventListener("hashchange", () => location.reload());  // somebody pasted another address
    document.querySelector(".skip").addEventListener("click", (event) => {  // whose own hash would be such a one
      event.preventDefault();
      document.getElementById("main").focus();
    });
  };
})();
