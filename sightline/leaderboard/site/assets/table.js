// Sorting, filtering and choosing columns of a leaderboard. Without it the table reads as it is.
"use strict";
(() => {
  const table = document.getElementById("board");
  const body = table && table.querySelector("tbody.models");
  if (!body) return;
  const rows = Array.from(body.rows);
  const heads = Array.from(table.querySelectorAll("th[data-key]"));
  const controls = {
    q: document.getElementById("filter-text"),
    kind: document.getElementById("filter-kind"),
    access: document.getElementById("filter-access"),
    columns: document.getElementById("columns"),
  };
  const shown = document.getElementById("rows-shown");
  const texts = new Intl.Collator("en", { sensitivity: "base", numeric: true });
  // Heads stand in two lines; cells stand in one, in the order of the document's columns.
  const order = columnOrder();
  const start = Object.fromEntries(Object.entries(controls).map(([key, one]) => [key, one.value]));
  let state = { sort: "", down: false, ...start };

  function columnOrder() {
    const [upper, lower] = table.tHead.rows;
    const below = Array.from(lower.cells);
    const keys = [];
    for (const cell of upper.cells) {
      if (cell.dataset.key) keys.push(cell.dataset.key);
      else for (const one of below.splice(0, cell.colSpan)) keys.push(one.dataset.key);
    }
    return new Map(keys.map((key, index) => [key, index]));
  }

  function value(row, index, isNumber) {
    const cell = row.cells[index];
    const text = cell.dataset.value === undefined ? cell.textContent.trim() : cell.dataset.value;
    if (!isNumber) return text;
    return text === "" ? NaN : Number(text);
  }

  function sorted() {
    const index = order.get(state.sort);
    if (index === undefined) return rows;
    const isNumber = head(state.sort).dataset.type === "number";
    const keyed = rows.map((row, place) => ({ row, place, key: value(row, index, isNumber) }));
    const none = isNumber ? (key) => Number.isNaN(key) : (key) => key === "";
    const compare = isNumber ? (a, b) => a - b : texts.compare;
    keyed.sort((a, b) => {
      const missing = none(a.key) - none(b.key);
      if (missing || none(a.key)) return missing || a.place - b.place;
      return (state.down ? compare(b.key, a.key) : compare(a.key, b.key)) || a.place - b.place;
    });
    return keyed.map((one) => one.row);
  }

  function head(key) {
    return heads.find((one) => one.dataset.key === key);
  }

  function orderRows() {
    const fragment = document.createDocumentFragment();
    for (const row of sorted()) fragment.append(row);
    body.append(fragment);
    for (const one of heads) {
      if (one.dataset.key !== state.sort) one.removeAttribute("aria-sort");
      else one.setAttribute("aria-sort", state.down ? "descending" : "ascending");
    }
  }

  function filterRows() {
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const name = row.querySelector("th").dataset.value.toLowerCase();
      const fits = words.every((word) => name.includes(word))
        && (!state.kind || row.dataset.kind === state.kind)
        && (!state.access || row.dataset.access === state.access);
      row.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count} of ${rows.length} models shown`;
  }

  function chooseColumns() {
    for (const cell of table.querySelectorAll("[data-axis]")) {
      cell.hidden = cell.dataset.axis !== state.columns;
    }
  }

  function keep() {
    const kept = new URLSearchParams();
    for (const key of Object.keys(controls)) {
      if (state[key] !== start[key]) kept.set(key, state[key]);
    }
    if (state.sort) kept.set("sort", `${state.sort}${state.down ? ":down" : ":up"}`);
    try {
      history.replaceState(null, "", `#${kept}`);
    } catch {
      // A frame that may not change its address still sorts.
    }
  }

  function read() {
    const kept = new URLSearchParams(location.hash.slice(1));
    const [key, way] = (kept.get("sort") || "").split(":");
    state = { ...start, sort: order.has(key) ? key : "", down: way === "down" };
    for (const [name, control] of Object.entries(controls)) {
      const wanted = kept.get(name);
      if (wanted === null) continue;
      control.value = wanted;
      // A choice that there is not leaves a select empty.
      if (control.value !== wanted) control.value = start[name];
      state[name] = control.value;
    }
    for (const [name, control] of Object.entries(controls)) control.value = state[name];
  }

  function show() {
    chooseColumns();
    orderRows();
    filterRows();
  }

  for (const one of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...one.childNodes);
    one.append(button);
    button.addEventListener("click", () => {
      const key = one.dataset.key;
      // Best first: numbers go down at first, but a rank goes up.
      const first = one.dataset.type === "number" && key !== "rank" && key !== "failures";
      state.down = state.sort === key ? !state.down : first;
      state.sort = key;
      orderRows();
      keep();
    });
  }
  for (const [name, control] of Object.entries(controls)) {
    control.addEventListener(name === "q" ? "input" : "change", () => {
      state[name] = control.value;
      if (name === "columns") chooseColumns();
      else filterRows();
      keep();
    });
  }
  window.addEventListener("hashchange", () => {
    // The skip link's target is no state.
    if (location.hash.length > 1 && !location.hash.includes("=")) return;
    read();
    show();
  });
  document.querySelector(".controls").hidden = false;
  read();
  show();
})();
