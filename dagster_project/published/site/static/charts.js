// Charts: positions may be doubles, what is printed beside them is the text that SQL made.
"use strict";
(() => {
  const drawn = new Map();
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const words = (text) => text.replaceAll("_", " ");
  const fontFamily = () => getComputedStyle(document.body).fontFamily;

  const base = () => ({
    animation: false,
    aria: { enabled: true },
    textStyle: { fontFamily: fontFamily(), color: ink("ink") },
    // Drawn as text on the canvas: as HTML it would run what is in the data.
    tooltip: { renderMode: "richText", confine: true, backgroundColor: ink("raised"), borderColor: ink("rule"), textStyle: { color: ink("ink"), fontSize: 12 } },
  });
  const axis = (more = {}) => ({
    axisLine: { lineStyle: { color: ink("rule") } },
    axisTick: { show: false },
    axisLabel: { color: ink("faint"), hideOverlap: true },
    splitLine: { lineStyle: { color: ink("grid") } },
    ...more,
  });
  const dollars = (value) => {
    const size = Math.abs(value);
    const [unit, name] = size >= 1e9 ? [1e9, "B"] : size >= 1e6 ? [1e6, "M"] : size >= 1e3 ? [1e3, "k"] : [1, ""];
    return `${value < 0 ? "−" : ""}$${Number((size / unit).toPrecision(3))}${name}`;  // ticks of an axis, not figures
  };
  const money = (text) => (text === null ? "not known" : `$${coffer.group(text)}`.replace("$−", "−$"));
  const narrow = () => innerWidth < 640;
  const all = (key) => {
    const section = coffer.get(key);
    return coffer.rows(section, coffer.selection()).map((at) => coffer.row(section, at));
  };
  const legend = () => ({ top: 0, left: 0, icon: "roundRect", itemWidth: 14, itemHeight: 8, textStyle: { color: ink("ink") } });
  const grid = (more = {}) => ({ left: 8, right: 16, top: 40, bottom: 8, containLabel: true, ...more });
  const decal = (symbol, rotation) => ({ symbol, symbolSize: 1, dashArrayX: [1, 0], dashArrayY: [2, 5], rotation, color: ink("decal") });

  coffer.charts.holdings = () => {
    const rows = all("fair_value/holdings");
    if (!rows.length) return null;
    const points = (column) => rows.map((row) => (row[column] === null ? null : [row.month, Number(row[column])]));
    const line = (name, column, color, more) => ({ name, type: "line", data: points(column), symbol: "none", lineStyle: { color, width: 2 }, itemStyle: { color }, ...more });
    return {
      ...base(),
      legend: legend(),
      grid: grid(),
      xAxis: axis({ type: "time", splitLine: { show: false } }),
      yAxis: axis({ type: "value", axisLabel: { color: ink("faint"), formatter: dollars } }),
      tooltip: { ...base().tooltip, trigger: "axis", formatter: ([{ dataIndex }]) => `${rows[dataIndex].month.slice(0, 7)}\nFair value ${money(rows[dataIndex].fair_value_usd)}\nCost ${money(rows[dataIndex].cost_usd)}` },
      series: [
        line("Fair value", "fair_value_usd", ink("first"), { areaStyle: { color: ink("first"), opacity: 0.08 } }),
        line("Cost", "cost_usd", ink("second"), { lineStyle: { color: ink("second"), width: 2, type: "dashed" } }),
      ],
    };
  };

  coffer.charts.methods = () => {
    const rows = all("disposals/methods").reverse();
    if (!rows.length) return null;
    return {
      ...base(),
      grid: grid({ top: 8, right: 24 }),
      xAxis: axis({ type: "value", axisLabel: { color: ink("faint"), formatter: dollars, hideOverlap: true }, splitNumber: narrow() ? 2 : 5 }),
      yAxis: axis({ type: "category", data: rows.map(({ method }) => method), axisLabel: { color: ink("ink") } }),
      tooltip: { ...base().tooltip, formatter: ({ dataIndex }) => `${rows[dataIndex].method}\n${money(rows[dataIndex].realized_gain_usd)}` },
      series: [{
        type: "bar", barMaxWidth: 20,
        data: rows.map((row) => ({ value: Number(row.realized_gain_usd), itemStyle: row.method === "as booked" ? { color: ink("first") } : { color: ink("quiet"), decal: decal("rect", Math.PI / 4) } })),
      }],
    };
  };

  const loanShown = () => {
    const control = document.getElementById("loan");
    const loans = all("loans/loans");
    const wanted = coffer.state("loan");
    control.replaceChildren(...loans.map(({ loan_id, lender }) => coffer.element("option", { value: loan_id }, `${loan_id}: ${lender}`)));
    const first = loans.find(({ ltv_ratio }) => ltv_ratio !== null) ?? loans[0];  // of one that has something to show
    control.value = loans.some(({ loan_id }) => loan_id === wanted) ? wanted : first?.loan_id ?? "";
    return loans.find(({ loan_id }) => loan_id === control.value);
  };
  // Of repayments close together, the first has a label.
  const repaymentLines = (days, loan) => {
    const apart = (Date.parse(days.at(-1).date) - Date.parse(days[0].date)) / 12;
    let labelled = -Infinity;
    return all("loans/repayments").filter(({ loan_id }) => loan_id === loan.loan_id).reverse().map(({ repaid_at }) => {
      const day = repaid_at.slice(0, 10);
      const isLabelled = !narrow() && Date.parse(day) - labelled >= apart;
      if (isLabelled) labelled = Date.parse(day);
      return { xAxis: day, name: isLabelled ? day : "", lineStyle: { color: ink("faint"), width: 1 }, label: { color: ink("faint"), formatter: "{b}", position: "end", fontSize: 10 } };
    });
  };
  coffer.charts.ltv = async () => {
    const loan = loanShown();
    if (!loan) return null;
    const part = await coffer.load("loans/daily", Number(loan._daily_chunk));
    const days = part.values._parent.flatMap((parent, at) => (parent === loan.loan_id ? [coffer.row(part, at)] : []));
    if (!days.some(({ ltv_ratio }) => ltv_ratio !== null)) return null;
    const threshold = (column, name, color, type) => (loan[column] === null ? [] : [{ yAxis: Number(loan[column]), name: `${name} ${coffer.percent(loan[column])}`, lineStyle: { color, type, width: 1.5 }, label: { color, position: "insideStartTop", formatter: "{b}" } }]);
    const marks = [...threshold("margin_call_ltv_ratio", "margin call", ink("third"), "dashed"), ...threshold("liquidation_ltv_ratio", "liquidation", ink("bad"), "solid")];
    const top = Math.max(...days.map(({ ltv_ratio }) => Number(ltv_ratio ?? 0)), ...marks.map(({ yAxis }) => yAxis));
    return {
      ...base(),
      grid: grid({ top: 24 }),
      xAxis: axis({ type: "time", splitLine: { show: false } }),
      yAxis: axis({ type: "value", max: Math.ceil(top * 5.2) / 5, interval: top > 0.6 ? 0.2 : 0.1, axisLabel: { color: ink("faint"), formatter: (value) => `${Math.round(value * 100)} %` } }),
      tooltip: { ...base().tooltip, trigger: "axis", formatter: (points) => { const day = days[points[0].dataIndex]; return `${day.date}\nLoan-to-value ${coffer.shown(day.ltv_ratio, { kind: "ratio" })}\nPrincipal ${money(day.principal_usd)}\n${words(day.loan_state)}`; } },
      series: [{
        name: "Loan-to-value", type: "line", symbol: "none", connectNulls: false,
        data: days.map(({ date, ltv_ratio }) => [date, ltv_ratio === null ? null : Number(ltv_ratio)]),
        lineStyle: { color: ink("first"), width: 2 }, itemStyle: { color: ink("first") },
        markLine: {
          symbol: "none", silent: true,
          data: [...marks, ...repaymentLines(days, loan)],
        },
      }],
    };
  };

  const BASES = new Map(Object.entries({ named: "stated", specific: "stated", direct: "stated", shortfall: "unknown", unspent: "unspent" }));
  coffer.charts.sankey = () => {
    const rows = all("money/links");
    if (!rows.length) return null;
    const colors = { stated: ink("first"), inferred: ink("second"), unknown: ink("bad"), unspent: ink("quiet") };
    const nodes = all("money/nodes").map(({ side, kind, label }) => ({ name: `${side}:${kind}`, text: label, itemStyle: { color: kind === "unattributed" ? ink("bad") : kind === "unspent" ? ink("quiet") : ink("node") }, label: { position: side === "in" ? "right" : "left" } }));
    const large = Math.max(...rows.map((row) => Number(row.amount_usd))) / 12;
    return {
      ...base(),
      tooltip: { ...base().tooltip, formatter: ({ dataType, data }) => (dataType === "edge" ? `${words(data.row.inflow_kind)} → ${words(data.row.use_kind)}\n${money(data.row.amount_usd)}\n${data.row.basis}: ${BASES.get(data.row.basis) || "inferred"}${data.row.is_illustrative === "true" ? "\nrests on illustrative rows" : ""}` : data.text) },
      series: [{
        type: "sankey", left: 0, right: 0, top: 8, bottom: 8, nodeWidth: 10, nodeGap: 18, draggable: false, layoutIterations: 64,
        data: nodes,
        links: rows.map((row) => ({ source: `in:${row.inflow_kind}`, target: `out:${row.use_kind}`, value: Number(row.amount_usd), row, lineStyle: { color: colors[BASES.get(row.basis) || "inferred"], opacity: 0.32 }, edgeLabel: { show: Number(row.amount_usd) > large && !narrow() } })),
        label: { color: ink("ink"), fontSize: 12, formatter: ({ data }) => data.text },
        edgeLabel: { show: true, color: ink("ink"), fontSize: 10, formatter: ({ data }) => data.row.basis },
        labelLayout: { hideOverlap: true },
        emphasis: { focus: "adjacency" },
      }],
    };
  };

  coffer.charts.milestones = () => {
    const rows = all("capex/projects").filter(({ project_kind }) => project_kind === "ai").reverse();
    if (!rows.length) return null;
    const bars = [["Budget", "budget_usd", "quiet", null], ["Committed", "committed_usd", "second", decal("rect", Math.PI / 4)], ["Paid", "paid_usd", "first", null], ["In service", "in_service_usd", "third", decal("circle", 0)]];
    return {
      ...base(),
      rem: 5 + 5 * rows.length,
      legend: legend(),
      grid: grid(),
      xAxis: axis({ type: "value", axisLabel: { color: ink("faint"), formatter: dollars, hideOverlap: true }, splitNumber: narrow() ? 2 : 5 }),
      yAxis: axis({ type: "category", data: rows.map(({ project_name }) => project_name), axisLabel: { color: ink("ink"), width: narrow() ? 90 : 220, overflow: "break", lineHeight: 14, interval: 0 } }),
      tooltip: { ...base().tooltip, trigger: "axis", axisPointer: { type: "shadow" }, formatter: ([{ dataIndex }]) => [rows[dataIndex].project_name, ...bars.map(([name, column]) => `${name} ${money(rows[dataIndex][column])}`)].join("\n") },
      series: bars.map(([name, column, color, pattern]) => ({ name, type: "bar", barMaxWidth: 14, data: rows.map((row) => (row[column] === null ? null : Number(row[column]))), itemStyle: { color: ink(color), decal: pattern } })),
    };
  };

  coffer.charts.funding = () => {
    const rows = all("capex/funding").filter(({ project_kind }) => project_kind === "ai");
    if (!rows.length) return null;
    const projects = [...new Set(rows.map(({ project_name }) => project_name))].reverse();
    const sources = { disposals: ["first", null], loans: ["second", decal("rect", Math.PI / 4)], equity: ["third", decal("circle", 0)], other: ["quiet", null], unattributed: ["bad", decal("rect", -Math.PI / 4)] };
    const cell = (source, project) => rows.find((row) => row.source === source && row.project_name === project);
    return {
      ...base(),
      rem: 5 + (narrow() ? 5 : 3) * projects.length,
      legend: legend(),
      grid: grid({ top: narrow() ? 64 : 40 }),
      xAxis: axis({ type: "value", axisLabel: { color: ink("faint"), formatter: dollars, hideOverlap: true }, splitNumber: narrow() ? 2 : 5 }),
      yAxis: axis({ type: "category", data: projects, axisLabel: { color: ink("ink"), width: narrow() ? 90 : 220, overflow: "break", lineHeight: 14, interval: 0 } }),
      tooltip: { ...base().tooltip, trigger: "axis", axisPointer: { type: "shadow" }, formatter: ([{ name }]) => [name, ...Object.keys(sources).map((source) => `${source} ${money(cell(source, name)?.amount_usd ?? "0.00")}`)].join("\n") },
      series: Object.entries(sources).map(([source, [color, pattern]]) => ({ name: source, type: "bar", stack: "sources", barMaxWidth: 22, data: projects.map((project) => Number(cell(source, project)?.amount_usd ?? 0)), itemStyle: { color: ink(color), decal: pattern } })),
    };
  };

  const draw = async (figure) => {
    const host = figure.querySelector(".canvas");
    const chart = await coffer.charts[figure.dataset.chart]();
    figure.classList.toggle("empty", chart === null);
    if (chart === null) return;
    const { rem, ...option } = chart;
    if (rem) host.style.height = `${rem}rem`;
    if (!drawn.has(host)) drawn.set(host, echarts.init(host, null, { renderer: "canvas" }));
    drawn.get(host).setOption(option, true);
    drawn.get(host).resize();
    host.dataset.drawn = "";
  };
  coffer.chartAt = (host) => drawn.get(host);
  coffer.drawCharts = () => Promise.all([...document.querySelectorAll("[data-chart]")].map(draw));
  coffer.startCharts = () => {
    document.getElementById("loan")?.addEventListener("change", (event) => {
      coffer.remember("loan", event.target.value);
      coffer.drawCharts();
    });
    coffer.drawCharts();
    coffer.onSelection(coffer.drawCharts);
    let theme = "";  // paper is light
    addEventListener("beforeprint", () => {
      theme = document.documentElement.dataset.theme;
      document.documentElement.dataset.theme = "light";
      coffer.drawCharts();
    });
    addEventListener("afterprint", () => {
      document.documentElement.dataset.theme = theme;
      coffer.drawCharts();
    });
    let waiting = 0;
    addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(coffer.drawCharts, 150); });
  };
})();
