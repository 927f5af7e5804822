// A table that stays quick: a real <table> with one page of rows in it, however many there are.
"use strict";
(() => {
  const PAGE = 15;
  const PRINTED = 500;
  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null));
    return made;
  };
  coffer.element = element;

  const tag = (state, text) => element("span", { class: `tag ${state}` }, text);
  const content = (column, text, isBrief = false) => {
    const words = coffer.shown(text, column, isBrief);
    const state = coffer.stateOf(column, text);
    if (state) return tag(state, words);
    if (words === "not known") return element("span", { class: "null" }, words);
    if (column.kind === "link" && /^https?:\/\//.test(text || "")) return element("a", { href: text, rel: "noopener noreferrer", target: "_blank" }, words);
    return words;
  };
  const illustrative = () => element("abbr", { class: "dagger", title: "illustrative" }, "†", element("span", { class: "unseen" }, " illustrative"));
  const cellClass = (column, text) => (coffer.isNumber(column.kind) ? "number" + (text?.startsWith("-") ? " below" : "") : column.kind === "time" ? "time" : null);

  class Table {
    // `only` are the places of the rows to show, where it is not the selection that decides; `foot` is a row of totals.
    constructor(host, { source, only = null, foot = null }) {
      Object.assign(this, { host, source, only, foot });
      this.name = host.dataset.table.split("/").pop();
      this.key = host.dataset.key || null;
      this.columns = source.columns.filter(({ name }) => !name.startsWith("_"));
      const shown = host.dataset.show ? host.dataset.show.split(" ") : this.columns.map(({ name }) => name);
      this.shown = shown.map((name) => this.columns.find((column) => column.name === name));
      const labels = this.columns.map(({ name }) => coffer.label(name));
      this.labels = Object.fromEntries(this.columns.map(({ name }, place) => [name, labels.indexOf(labels[place]) === labels.lastIndexOf(labels[place]) ? labels[place] : coffer.label(name, true)]));
      this.haystack = [];
      const [sorted, direction] = (this.remembered("sort") || "").split(" ");
      this.sort = this.columns.some(({ name }) => name === sorted) ? { column: sorted, falls: direction === "falls" } : null;
      this.page = 0;
      this.open = new Set();
      if (this.key && this.remembered("row")) this.wanted = this.remembered("row");
      this.build();
    }

    remembered(what) { return this.only ? null : coffer.state(`${this.name}.${what}`); }
    remember(what, value) { if (!this.only) coffer.remember(`${this.name}.${what}`, value); }

    build() {
      const title = this.host.dataset.title || this.name;
      this.search = element("input", { type: "search", placeholder: "Search", "aria-label": `Search ${title}`, oninput: () => { this.remember("search", this.search.value); this.page = 0; this.refresh(); } });
      this.search.value = this.remembered("search") || "";
      this.count = element("span", { class: "count", role: "status" });
      this.csvButton = element("button", { type: "button", class: "csv", "aria-label": `${title}: all rows of this selection as CSV`, onclick: () => this.save() }, "CSV");
      this.tools = element("div", { class: "tools" }, this.search, this.count, this.csvButton);
      this.head = element("tr");
      this.body = element("tbody");
      this.table = element("table", { "aria-label": title }, element("thead", {}, this.head), this.body);
      if (this.foot) this.table.append(element("tfoot", {}, this.line(this.foot, "Sum")));
      this.pager = element("nav", { class: "pager", "aria-label": `Pages of ${title}` });
      this.note = element("p", { class: "footnote", hidden: true }, "† illustrative: rests on an example or an inference, and is no published fact. Do not quote it.");
      const behind = element("details", { class: "sql" }, element("summary", {}, "SQL behind this"), element("pre", {}, element("code", {}, this.source.sql)));
      this.host.classList.toggle("slim", this.shown.length < 4 && this.shown.every(({ name }) => name !== "description"));
      this.host.replaceChildren(this.tools, this.table, this.note, this.pager, behind);
      this.buildHead();
    }

    buildHead() {
      this.head.replaceChildren(...this.shown.map((column, place) => {
        const sorted = this.sort?.column === column.name ? (this.sort.falls ? "descending" : "ascending") : "none";
        const button = element("button", { type: "button", title: column.about || null, onclick: () => this.sortBy(column) }, this.labels[column.name]);
        return element("th", { scope: "col", "aria-sort": sorted, class: place ? cellClass(column) : null }, button);
      }));
    }

    sortBy({ name, kind }) {
      const first = coffer.isNumber(kind);  // largest first
      if (this.sort?.column !== name) this.sort = { column: name, falls: first };
      else this.sort = this.sort.falls === first ? { column: name, falls: !first } : null;
      this.remember("sort", this.sort && `${name} ${this.sort.falls ? "falls" : "rises"}`);
      this.page = 0;
      this.buildHead();
      this.refresh();
    }

    // What a search looks into: the shown columns, the companies' names and the key.
    extend() {
      const names = [...new Set([...this.shown.map(({ name }) => name), ...(this.key ? [this.key] : [])])];
      const columns = names.map((name) => this.source.values[name]);
      const companies = names.includes("company_id") ? this.source.values.company_id : null;
      for (let at = this.haystack.length; at < this.source.size; at += 1) {
        let text = "";
        for (const values of columns) text += (values[at] ?? "") + "\n";
        if (companies) text += coffer.companyName(companies[at]);
        this.haystack.push(text.toLowerCase());
      }
    }

    refresh() {
      this.extend();
      let found = this.only || coffer.rows(this.source, coffer.selection());
      this.selected = found.length;
      const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (words.length) found = found.filter((at) => words.every((word) => this.haystack[at].includes(word)));
      if (this.sort) {
        const values = this.source.values[this.sort.column];
        const compare = coffer.comparer(this.source.columns.find(({ name }) => name === this.sort.column).kind);
        const direction = this.sort.falls ? -1 : 1;
        found = [...found].sort((a, b) => (values[a] === null || values[b] === null ? compare(values[a], values[b]) : direction * compare(values[a], values[b])) || a - b);
      }
      this.found = found;
      if (this.wanted) this.openWanted();
      this.show();
    }

    openWanted() {
      const at = this.source.values[this.key].indexOf(this.wanted);
      if (at < 0) return;
      this.wanted = null;
      this.open.add(at);
      const place = this.found.indexOf(at);
      this.page = place < 0 ? 0 : Math.floor(place / PAGE);
      if (place >= 0) setTimeout(() => this.body.querySelector("tr.detail")?.previousSibling.scrollIntoView({ block: "start" }));
    }

    show(rows = PAGE) {
      const first = rows === PAGE ? this.page * PAGE : 0;
      const places = this.found.slice(first, first + rows);
      this.body.replaceChildren(...places.flatMap((at) => this.lines(at)));
      const empty = this.found.length === 0;
      this.host.classList.toggle("empty", empty);
      if (empty) this.body.append(element("tr", {}, element("td", { colspan: this.shown.length, class: "nothing" }, this.selected ? "Nothing contains that." : this.host.dataset.empty || "Nothing in this selection.")));
      const many = (number) => coffer.group(String(number));
      const loading = this.source.size < this.source.rows ? `, loading ${many(this.source.size)} of ${many(this.source.rows)}` : "";
      this.count.textContent = (this.found.length === this.selected ? `${many(this.selected)} row${this.selected === 1 ? "" : "s"}` : `${many(this.found.length)} of ${many(this.selected)} rows`) + (this.source.isCut ? ", the first of more: coffer.duckdb has all" : "") + (rows === PRINTED && this.found.length > PRINTED ? `, the first ${PRINTED} on paper` : "") + loading;
      this.note.hidden = !this.body.querySelector(".dagger");
      this.host.toggleAttribute("data-complete", !loading);
      this.csvButton.disabled = Boolean(loading);
      this.tools.hidden = this.selected === 0 && !loading;
      this.search.hidden = this.selected < 6 && !this.search.value;
      this.buildPager();
    }

    buildPager() {
      const pages = Math.ceil(this.found.length / PAGE);
      this.pager.hidden = pages < 2;
      const go = (label, page) => element("button", { type: "button", disabled: page < 0 || page >= pages || page === this.page, onclick: () => { this.page = page; this.show(); this.table.scrollIntoView({ block: "nearest" }); } }, label);
      this.pager.replaceChildren(go("First", 0), go("Previous", this.page - 1), element("span", {}, `Page ${coffer.group(String(this.page + 1))} of ${coffer.group(String(pages))}`), go("Next", this.page + 1), go("Last", pages - 1));
    }

    lines(at) {
      const row = coffer.row(this.source, at);
      const line = this.line(row);
      const button = element("button", { type: "button", class: "open", "aria-expanded": String(this.open.has(at)), onclick: () => this.toggle(at) });
      button.append(...line.firstChild.childNodes);
      if (row.is_illustrative === "true") button.append(illustrative());
      line.firstChild.append(button);
      return this.open.has(at) ? [line, this.detail(row)] : [line];
    }

    line(row, first = null) {
      return element("tr", {}, ...this.shown.map((column, place) => {
        const text = row[column.name] ?? null;
        const inside = place === 0 && first !== null ? first : row[column.name] === undefined ? "" : content(column, text, true);
        return element(place ? "td" : "th", { class: place || column.kind === "time" ? cellClass(column, text) : null, scope: place ? null : "row", "data-label": this.labels[column.name] }, inside);
      }));
    }

    toggle(at) {
      const key = this.key && this.source.values[this.key][at];
      if (this.open.delete(at)) { if (this.key && this.remembered("row") === key) this.remember("row", null); }
      else { this.open.add(at); if (this.key) this.remember("row", key); }
      const place = [...this.body.querySelectorAll("tr:not(.detail) .open")].indexOf(document.activeElement);
      this.show();
      this.body.querySelectorAll("tr:not(.detail) .open")[place]?.focus();
    }

    detail(row) {
      const columns = this.columns.filter(({ name }) => name !== "sql");
      const facts = element("dl", { class: "facts" }, ...columns.flatMap((column) => [element("dt", { title: column.about || null }, this.labels[column.name]), element("dd", { class: coffer.isNumber(column.kind) ? "number" : null }, content(column, row[column.name]))]));
      const more = element("div", { class: "more" });
      const query = row.sql ? element("pre", {}, element("code", {}, row.sql)) : null;
      const detail = element("tr", { class: "detail" }, element("td", { colspan: this.shown.length }, ...[more, facts, query].filter(Boolean)));
      coffer.details[this.source.key]?.(row, more);
      return detail;
    }

    csv() {
      const lines = [this.columns.map(({ name }) => name).join(",")];
      for (const at of this.found) lines.push(this.columns.map(({ name, kind }) => coffer.csvCell(this.source.values[name][at], kind)).join(","));
      return lines.join("\r\n") + "\r\n";
    }

    save() {
      const address = URL.createObjectURL(new Blob(["\ufeff" + this.csv()], { type: "text/csv" }));
      element("a", { href: address, download: `${this.source.key.replace("/", "-")}.csv` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    }
  }

  coffer.Table = Table;
  coffer.startTables = () => {
    coffer.tables = [...document.querySelectorAll("[data-table]")].map((host) => new Table(host, { source: coffer.get(host.dataset.table) }));
    for (const table of coffer.tables) {
      table.refresh();
      if (table.source.chunks > 1) coffer.loadAll(table.source, () => table.refresh()).catch((error) => { table.count.textContent = error.message; });
    }
    coffer.onSelection(() => coffer.tables.forEach((table) => { table.page = 0; table.refresh(); }));
    addEventListener("beforeprint", () => coffer.tables.forEach((table) => table.show(PRINTED)));
    addEventListener("afterprint", () => coffer.tables.forEach((table) => table.show()));
  };

  // The lots of a disposal, with the sum of them that SQL made.
  coffer.details["disposals/disposals"] = async (row, host) => {
    const only = (part) => part.values._parent.flatMap((parent, at) => (parent === row.disposal_id ? [at] : []));
    const number = Number(row._lots_chunk);
    const [lots, totals] = await Promise.all(["disposals/lots", "disposals/lots_total"].map((key) => coffer.load(key, number)));
    const table = element("div", { class: "table lots", "data-table": "disposals/lots", "data-title": "Lots consumed", "data-show": "match_no acquired_at quantity cost_usd proceeds_usd realized_gain_usd days_held is_long_term basis source_file source_row" });
    host.append(element("h3", {}, "Lots consumed, each with its source file and row"), table);
    new Table(table, { source: lots, only: only(lots), foot: coffer.row(totals, only(totals)[0]) }).refresh();
  };
})();
