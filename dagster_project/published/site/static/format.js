// Exact text to shown text, by work on strings: a figure never becomes a JavaScript number here.
"use strict";
(() => {
  const WORDS = { id: "", usd: "", ratio: "", at: "", on: "", is: "", ltv: "LTV", url: "address", fifo: "FIFO", lifo: "LIFO", hifo: "HIFO", lofo: "LOFO", sql: "SQL", sha256: "SHA-256" };
  const STATES = {
    good: ["agreed", "current", "paired", "repaid", "paid", "known"],
    bad: ["break", "default", "margin_call", "overpaid"],
    warn: ["unpaired", "in_transit"],
    unknown: ["not known", "terms_unknown", "price_unknown", "shortfall", "unattributed"],
    stated: ["named", "specific", "direct"],
    inferred: ["newest", "oldest", "fifo", "lifo", "hifo", "lofo", "average", "pro_rata"],
    plain: ["not_believed", "open", "cancelled", "undrawn", "unspent"],
  };
  const STATE_OF = new Map(Object.entries(STATES).flatMap(([state, words]) => words.map((word) => [word, state])));

  const group = (text) => {
    const [, sign, whole, fraction] = /^(-?)(\d+)(\..*)?$/.exec(text) || [];
    if (whole === undefined) return text;
    return (sign && "−") + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction || "");
  };
  const percent = (text) => {
    const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text);
    const digits = whole + fraction.padEnd(2, "0");
    const point = whole.length + 2;
    const rest = digits.slice(point).replace(/0+$/, "");
    return group(sign + digits.slice(0, point).replace(/^0+(?=\d)/, "") + (rest && "." + rest)) + " %";
  };
  // A price of a dollar or more to the cent, half up; the row's detail has all of its digits.
  const toCents = (text) => {
    const [, sign, whole, cents, rest] = /^(-?)([1-9]\d*)\.(\d\d)(\d+)$/.exec(text) || [];
    if (rest === undefined) return text;
    const digits = String(BigInt(whole + cents) + (rest >= "5" ? 1n : 0n));
    return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
  };
  const time = (text) => text.replace(" 00:00:00", "");

  // The filter knows the companies' names.
  let companies;
  const companyName = (id) => {
    companies ??= new Map([...document.querySelectorAll("#filter-company option")].map(({ value, label }) => [value, label]));
    return companies.get(id) ?? id;
  };

  // What a column is, its mart says (`meta: shown`); the page gets it with the data.
  const shown = (text, column, isBrief = false) => {
    const { kind } = column;
    if (text === null || text === undefined) return column.unknown_if_empty ? "not known" : "–";
    if (kind === "price" && isBrief) return group(toCents(text));
    if (kind === "money" || kind === "price" || kind === "number") return group(text);
    if (kind === "ratio") return percent(text);
    if (kind === "time") return isBrief ? text.slice(0, 10) : time(text);
    if (kind === "company") return companyName(text);
    if (kind === "month") return text.slice(0, 7);
    if (kind === "truth") return text === "true" ? "yes" : "no";
    return column.words ? text.replaceAll("_", " ") : text;
  };
  const isNumber = (kind) => ["money", "price", "ratio", "number", "ordinal"].includes(kind);
  // `realized_gain_usd` → Realized gain; in full where two columns would be called the same.
  const label = (column, isFull = false) => {
    const words = column.split("_").map((word) => (isFull && word === "usd" ? "in USD" : isFull && WORDS[word] === "" ? word : WORDS[word] ?? word)).filter(Boolean).join(" ");
    return words ? words[0].toUpperCase() + words.slice(1) : column;
  };
  const stateOf = (column, text) => {
    if (text === null || !(column.status || column.status_if_known)) return "";
    return STATE_OF.get(text) || (column.status ? "plain" : "");
  };

  // Which of two decimals is larger, digit by digit: a double cannot tell apart what differs in the 17th.
  const compareDecimals = (a, b) => {
    const below = a[0] === "-";
    if (below !== (b[0] === "-")) return below ? -1 : 1;
    const [x, y] = below ? [b.slice(1), a.slice(1)] : [a, b];
    const points = [x.indexOf("."), y.indexOf(".")];
    const lengths = [points[0] < 0 ? x.length : points[0], points[1] < 0 ? y.length : points[1]];
    if (lengths[0] !== lengths[1]) return lengths[0] - lengths[1];
    return x < y ? -1 : x > y ? 1 : 0;
  };
  const comparer = (kind) => {
    const compare = isNumber(kind) ? compareDecimals : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    return (a, b) => (a === b ? 0 : a === null ? 1 : b === null ? -1 : compare(a, b));
  };

  // A spreadsheet would run a text that begins so; a number may begin with a minus.
  const csvCell = (text, kind) => {
    if (text === null) return "";
    const safe = !isNumber(kind) && /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  Object.assign(coffer, { companyName, group, percent, shown, isNumber, label, stateOf, comparer, csvCell });
})();
