/* Two models side by side. The page's data call sightlineCompare once; the outcomes of a run lie in
   a file of their own and call sightlineOutcomes when they are asked for. No fetch: it also works
   from a folder. Every text goes into the page as text. */
(function () {
  "use strict";

  /** Exact two-sided p value of `ups` against `downs` when both are equally likely. */
  function signTest(ups, downs) {
    const trials = ups + downs;
    if (trials === 0) return 1;
    const least = Math.min(ups, downs);
    let ways = 1n;
    let tail = 1n;
    for (let k = 0; k < least; k += 1) {
      ways = (ways * BigInt(trials - k)) / BigInt(k + 1);
      tail += ways;
    }
    return Math.min(1, overPowerOfTwo(tail, trials - 1));
  }

  /** number / 2^power as a double: its first 64 bits decide. */
  function overPowerOfTwo(number, power) {
    const shift = Math.max(0, number.toString(16).length * 4 - 64);
    let exponent = shift - power;
    let share = Number(number >> BigInt(shift));
    while (exponent < -1000) {
      share *= 2 ** -1000;
      exponent += 1000;
    }
    return share * 2 ** exponent;
  }

  /** p values of one family, corrected for their number by Holm's steps; null stays null. */
  function holm(values) {
    const order = values.map((_, at) => at).filter((at) => values[at] !== null);
    order.sort((a, b) => values[a] - values[b]);
    const corrected = values.slice();
    let largest = 0;
    order.forEach((at, step) => {
      largest = Math.max(largest, Math.min(1, values[at] * (order.length - step)));
      corrected[at] = largest;
    });
    return corrected;
  }

  /** Paired counts of two runs over the questions of one member; all questions without an axis. */
  function paired(first, second, axis, member) {
    const counts = { questions: 0, first: 0, second: 0, firstOnly: 0, secondOnly: 0 };
    for (let at = 0; at < first.length; at += 1) {
      const apart = axis && axis[at] !== member;
      if (apart || first[at] === "-" || second[at] === "-") continue;
      const a = first[at] === "R";
      const b = second[at] === "R";
      counts.questions += 1;
      counts.first += a;
      counts.second += b;
      counts.firstOnly += a && !b;
      counts.secondOnly += b && !a;
    }
    return counts;
  }

  function percent(value) {
    return value === null || value === undefined ? "\u2013" : value.toFixed(1);
  }

  function signed(value) {
    if (value === null) return "\u2013";
    return (value > 0 ? "+" : value < 0 ? "\u2212" : "") + Math.abs(value).toFixed(1);
  }

  function whole(value) {
    return value.toLocaleString("en");
  }

  function probability(value) {
    if (value === null) return "\u2013";
    return value < 0.0001 ? "< 0.0001" : value.toFixed(4);
  }

  const outcomes = new Map();
  let data = null;
  let byKey = new Map();

  function element(name, text, kind) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function drawn(name, attributes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  }

  /** A difference as a bar from the middle; 50 points fill a half. */
  function bar(difference) {
    const drawing = drawn("svg", { width: "100%", height: "16", "aria-hidden": "true" });
    if (difference !== null) {
      const width = Math.min(50, Math.abs(difference));
      const start = difference < 0 ? 50 - width : 50;
      drawing.append(drawn("rect", {
        x: `${start}%`, width: `${width}%`, y: "3", height: "10",
        class: difference < 0 ? "change-down" : "change-up",
      }));
    }
    drawing.append(drawn("line", { x1: "50%", x2: "50%", y1: "0", y2: "16", class: "change-zero" }));
    return drawing;
  }

  function row(head, cells, difference) {
    const made = element("tr");
    const name = element("th", head);
    name.scope = "row";
    made.append(name);
    cells.forEach((cell) => made.append(element("td", cell, "numeric")));
    if (difference !== undefined) {
      const last = element("td", undefined, "drawn");
      last.append(bar(difference));
      made.append(last);
    }
    return made;
  }

  function table(title, heads, rows) {
    const made = element("table", undefined, "part-table");
    made.append(element("caption", title));
    const line = element("tr");
    heads.forEach((head, at) => {
      const cell = element("th", head, at && head ? "numeric" : "");
      cell.scope = "col";
      line.append(cell);
    });
    const top = element("thead");
    top.append(line);
    const body = element("tbody");
    body.append(...rows);
    made.append(top, body);
    const box = element("div", undefined, "part-scroll");
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", title);
    box.append(made);
    return box;
  }

  function headline(one) {
    const ends = one.low === null ? "no interval" : `${percent(one.low)} to ${percent(one.high)}`;
    return row(one.label, [percent(one.value), ends, one.kind]);
  }

  function minus(b, a) {
    return a === null || b === null || a === undefined || b === undefined ? null : b - a;
  }

  /** Where an axis starts in an entry's list of cells. */
  function start(axis) {
    return data.axes.slice(0, axis).reduce((sum, one) => sum + one.members.length, 0);
  }

  function printed(a, b, axis, at) {
    const first = start(at);
    const rows = axis.members.map((member, number) => {
      const [x, y] = [a.cells[first + number], b.cells[first + number]];
      const change = minus(y, x);
      return row(member, [percent(x), percent(y), signed(change)], change);
    });
    return table(`${axis.title}, percent`, ["", "first", "second", "difference", ""], rows);
  }

  /** One table of paired counts, with p values corrected within it. */
  function counted(title, names, all) {
    const tests = all.map((one) =>
      one.questions ? signTest(one.secondOnly, one.firstOnly) : null);
    const corrected = holm(tests);
    const rows = all.map((one, at) => {
      const change = one.questions ? (100 * (one.second - one.first)) / one.questions : null;
      const flips = [whole(one.firstOnly), whole(one.secondOnly)];
      const cells = [whole(one.questions), ...flips, signed(change), probability(corrected[at])];
      return row(names[at], cells, change);
    });
    const heads = ["", "questions", "only first right", "only second right", "difference",
      all.length > 1 ? "p, corrected" : "p", ""];
    return table(title, heads, rows);
  }

  function pairedTables(a, b) {
    const [first, second] = [outcomes.get(a.key), outcomes.get(b.key)];
    const made = [element("h2", "The same questions, both runs"), element("p", data.pairedNote)];
    const all = paired(first, second, null, null);
    made.push(counted("All questions", ["all"], [all]));
    data.axes.forEach((axis) => {
      const members = axis.members.map((_, at) => paired(first, second, axis.of, at));
      made.push(counted(`Paired, by ${axis.title.toLowerCase()}`, axis.members, members));
    });
    return made;
  }

  /** Ask for the outcomes of a run once; `done` runs when they are there. */
  function fetchOutcomes(one, done) {
    if (outcomes.has(one.key)) {
      done();
      return;
    }
    const script = document.createElement("script");
    script.src = one.file;
    script.addEventListener("load", done);
    script.addEventListener("error", () => say("The outcomes of a run could not be loaded."));
    document.head.append(script);
  }

  function say(words) {
    document.getElementById("compare-state").textContent = words;
  }

  function show() {
    const [a, b] = ["first", "second"].map((name) =>
      byKey.get(document.getElementById(name).value));
    const place = document.getElementById("compared");
    const head = [headline(a), headline(b)];
    const change = minus(b.value, a.value);
    head.push(row("difference, second minus first", [signed(change), "", ""]));
    const title = `${data.metric}, percent`;
    const tables = data.axes.map((axis, at) => printed(a, b, axis, at));
    place.replaceChildren(table(title, ["model", "headline", "95 % interval", "kind"], head));
    if (a.file && b.file && a !== b) {
      say("Loading the outcomes of both runs.");
      fetchOutcomes(a, () => fetchOutcomes(b, () => {
        const values = ["first", "second"].map((name) => document.getElementById(name).value);
        const ready = outcomes.has(a.key) && outcomes.has(b.key);
        if (values[0] !== a.key || values[1] !== b.key || !ready) return;
        place.append(...pairedTables(a, b), element("h2", "As the table has them"), ...tables);
        say(`${a.label} and ${b.label} are compared.`);
      }));
      return;
    }
    const why = a === b ? "Choose two models." : "Paired tests need the responses of both: a "
      + "printed row has none.";
    place.append(element("p", why), ...tables);
    say(why);
  }

  function fromAddress() {
    const said = new URLSearchParams(location.hash.slice(1) || location.search.slice(1));
    [["first", "a"], ["second", "b"]].forEach(([name, short]) => {
      const key = said.get(short);
      if (byKey.has(key)) document.getElementById(name).value = key;
    });
    const [first, second] = ["first", "second"].map((name) => document.getElementById(name));
    if (said.has("b") || first.value !== second.value) return;
    const other = data.entries.find((one) => one.key !== first.value);
    if (other) second.value = other.key;
  }

  function toAddress() {
    const said = new URLSearchParams();
    said.set("a", document.getElementById("first").value);
    said.set("b", document.getElementById("second").value);
    history.replaceState(null, "", `#${said}`);
  }

  globalThis.sightlineCompare = function (given) {
    data = given;
    if (!data.entries.length) return;
    byKey = new Map(data.entries.map((one) => [one.key, one]));
    fromAddress();
    ["first", "second"].forEach((name) => {
      document.getElementById(name).addEventListener("change", () => {
        toAddress();
        show();
      });
    });
    document.getElementById("choices").hidden = false;
    addEventListener("hashchange", () => {
      fromAddress();
      show();
    });
    show();
  };

  globalThis.sightlineOutcomes = function (key, letters) {
    outcomes.set(key, letters);
  };

  globalThis.sightlineStatistics = { signTest, holm, paired };
})();
