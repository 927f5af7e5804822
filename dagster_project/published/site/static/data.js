// What the data files say: sections of rows, by column, every value a text or null.
"use strict";
(() => {
  const sections = new Map();
  const loading = new Map();

  const expanded = (column) => (Array.isArray(column) ? column : column.at.map((at) => (at === null ? null : column.of[at])));

  coffer.section = (key, described) => sections.set(key, { key, ...described, size: 0, values: Object.fromEntries(described.columns.map(({ name }) => [name, []])), parts: new Map() });
  coffer.add = (key, number, text) => {
    const columns = JSON.parse(text);
    const section = sections.get(key);
    const values = Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, expanded(column)]));
    const size = Object.values(values)[0].length;
    if (!section.chunks) return section.parts.set(number, { key, columns: section.columns, sql: section.sql, values, size, rows: size, chunks: 1 });
    for (const [name, column] of Object.entries(values)) for (const value of column) section.values[name].push(value);
    section.size += size;
    return section;
  };

  coffer.get = (key) => sections.get(key);
  // A part of a section, by a script element, because a page that was opened from a file may not fetch.
  coffer.load = (key, number) => {
    const file = `data/${key}.${number}.js`;
    if (!loading.has(file)) {
      loading.set(file, new Promise((done, failed) => {
        const script = document.createElement("script");
        script.src = file;
        script.onload = () => done(sections.get(key).parts.get(number));
        script.onerror = () => failed(new Error(`${file} is missing`));
        document.head.append(script);
      }));
    }
    return loading.get(file);
  };
  coffer.loadAll = async (section, progress) => {
    for (let number = 1; number < section.chunks; number += 1) {
      await coffer.load(section.key, number);
      progress();
    }
  };

  const CHOSEN = { _company: "company", _book: "book", _asset: "asset", _period: "period" };
  const MATCHED = { company_id: "company", book: "book", asset_id: "asset" };
  // The places of the rows that a selection lets through. Sums stand ready for each selection (`_company` …), rows are sifted.
  coffer.rows = (source, selection) => {
    const tests = [];
    for (const [column, filter] of Object.entries(CHOSEN)) if (source.values[column]) tests.push([source.values[column], selection[filter]]);
    for (const [column, filter] of Object.entries(MATCHED)) if (source.values[column] && selection[filter] !== "*") tests.push([source.values[column], selection[filter]]);
    const quarters = selection.period === "*" ? null : source.values._quarter;
    const found = [];
    for (let at = 0; at < source.size; at += 1) {
      if (tests.every(([values, wanted]) => values[at] === wanted) && (!quarters || quarters[at]?.startsWith(selection.period))) found.push(at);
    }
    return found;
  };
  coffer.row = (source, at) => Object.fromEntries(Object.entries(source.values).map(([name, values]) => [name, values[at]]));
  coffer.pick = (key, selection) => {
    const section = sections.get(key);
    const [at] = coffer.rows(section, selection);
    return at === undefined ? null : coffer.row(section, at);
  };
})();
