/* The samples of one run. The index is loaded with the page and calls sightlineIndex; details lie in
   files of 250 samples that call sightlineSamples when one of theirs is opened. Only rows that can
   be seen are in the document. Every text goes into the page as text. */
(function () {
  "use strict";

  const NAMES = { R: "right", W: "wrong", U: "unparsed", M: "missing", E: "error" };
  const SIGNS = { R: "\u2713", W: "\u2717", U: "?", M: "\u2212", E: "!" };
  const AHEAD = 6;

  /** Numbers of the samples that pass; `wanted` has outcome, text and a member number an axis. */
  function passing(index, wanted) {
    const words = wanted.text.trim().toLowerCase();
    const found = [];
    for (let at = 0; at < index.ids.length; at += 1) {
      if (wanted.outcome && index.outcomes[at] !== wanted.outcome) continue;
      if (!wanted.members.every((one, axis) => one < 0 || index.axes[axis].of[at] === one)) continue;
      if (words && !searched(index, at).includes(words)) continue;
      found.push(at);
    }
    return found;
  }

  function searched(index, at) {
    index.searched = index.searched || [];
    if (index.searched[at] === undefined) {
      index.searched[at] = `${index.ids[at]}\n${index.words[at]}`.toLowerCase();
    }
    return index.searched[at];
  }

  /** First and past-the-last row to draw. */
  function visible(top, height, rowHeight, count) {
    const first = Math.max(0, Math.floor(top / rowHeight) - AHEAD);
    return [first, Math.min(count, Math.ceil((top + height) / rowHeight) + AHEAD)];
  }

  let index = null;
  let matching = [];
  let active = -1;
  let rowHeight = 72;
  const drawn = new Map();
  const chunks = new Map();
  const waiting = new Map();

  const get = (id) => document.getElementById(id);

  function element(name, text, kind) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function outcomeMark(at) {
    const letter = index.outcomes[at];
    const words = `${SIGNS[letter]} ${NAMES[letter]}`;
    return element("span", words, `outcome outcome-${NAMES[letter]}`);
  }

  function rowOf(place) {
    const at = matching[place];
    const made = element("div", undefined, "sample-row");
    made.id = `sample-${at}`;
    made.setAttribute("role", "option");
    made.setAttribute("aria-posinset", String(place + 1));
    made.setAttribute("aria-setsize", String(matching.length));
    made.setAttribute("aria-selected", String(place === active));
    made.style.top = `${place * rowHeight}px`;
    const first = element("div", undefined, "first");
    first.append(element("span", index.ids[at]), outcomeMark(at));
    made.append(first, element("div", index.words[at] || "(no text of the question)", "words"));
    made.addEventListener("click", () => {
      choose(place, true);
      get("to-list").scrollIntoView({ block: "nearest" });
    });
    return made;
  }

  function draw() {
    const list = get("samples");
    const [first, last] = visible(list.scrollTop, list.clientHeight, rowHeight, matching.length);
    const wanted = new Set();
    for (let place = first; place < last; place += 1) wanted.add(place);
    if (active >= 0) wanted.add(active); // the list names it as its active one
    drawn.forEach((row, place) => {
      if (!wanted.has(place)) {
        row.remove();
        drawn.delete(place);
      }
    });
    wanted.forEach((place) => {
      if (drawn.has(place)) return;
      const row = rowOf(place);
      drawn.set(place, row);
      list.append(row);
    });
  }

  function refresh() {
    drawn.forEach((row) => row.remove());
    drawn.clear();
    // A browser has a largest height; far above 20,000 rows of 72 pixels.
    get("samples-height").style.height = `${matching.length * rowHeight}px`;
    draw();
  }

  function choose(place, told) {
    const list = get("samples");
    if (drawn.has(active)) drawn.get(active).setAttribute("aria-selected", "false");
    active = place;
    if (place < 0) {
      list.removeAttribute("aria-activedescendant");
      return;
    }
    const top = place * rowHeight;
    if (top < list.scrollTop) list.scrollTop = top;
    const below = top + rowHeight - list.clientHeight;
    if (below > list.scrollTop) list.scrollTop = below;
    draw();
    drawn.get(place).setAttribute("aria-selected", "true");
    list.setAttribute("aria-activedescendant", `sample-${matching[place]}`);
    open(matching[place]);
    if (told) toAddress();
  }

  function open(at) {
    const number = Math.floor(at / index.chunk);
    if (chunks.has(number)) {
      show(at);
      return;
    }
    get("sample-state").textContent = "Loading.";
    waiting.set(number, at);
    if (document.querySelector(`script[data-chunk="${number}"]`)) return;
    const script = document.createElement("script");
    script.src = `${index.folder}/data-${number}.js`;
    script.dataset.chunk = String(number);
    script.addEventListener("error", () => {
      get("sample-state").textContent = "The samples could not be loaded.";
      script.remove();
    });
    document.head.append(script);
  }

  function part(title, ...inside) {
    const made = element("section");
    made.append(element("h3", title), ...inside);
    return made;
  }

  function option(text, letter, one) {
    const gold = letter === one.answer;
    const by = (one.predictions || []).filter(([, said]) => said === letter).map(([name]) => name);
    const made = element("li", undefined, `${gold ? "gold" : ""} ${by.length ? "said" : ""}`.trim());
    made.append(element("span", text));
    if (gold) made.append(" ", element("strong", "[answer]"));
    if (by.length) made.append(" ", element("strong", `[prediction: ${by.join(", ")}]`));
    return made;
  }

  function options(one) {
    const list = element("ul", undefined, "sample-options");
    one.options.forEach((text, at) => list.append(option(text, String.fromCharCode(65 + at), one)));
    return list;
  }

  /** A long text as it came; focus lets the keyboard scroll it. */
  function verbatim(one, name, label) {
    const made = element("pre", one[name], "verbatim");
    made.tabIndex = 0;
    made.setAttribute("role", "region");
    made.setAttribute("aria-label", label);
    if (!one[`${name}_length`]) return [made];
    const all = one[`${name}_length`].toLocaleString("en");
    const held = one[name].length.toLocaleString("en");
    const words = `Cut: the page holds ${held} of ${all} characters; the Parquet file has all.`;
    return [element("p", words, "part-quiet"), made];
  }

  function media(path) {
    if (!index.media) return element("code", path);
    const link = element("a", path);
    link.href = index.media + path.split("/").map(encodeURIComponent).join("/");
    link.rel = "noopener noreferrer";
    return link;
  }

  function facts(at, one) {
    const list = element("dl", undefined, "sample-facts");
    const add = (name, value) => {
      if (value === undefined || value === null) return;
      const held = element("dd");
      held.append(value);
      list.append(element("dt", name), held);
    };
    add("Answer", one.answer);
    (one.predictions || []).forEach(([name, said]) =>
      add(`Prediction (${name})`, said === null ? "none found" : said));
    (one.slices || []).forEach(([name, member]) => {
      const axis = index.axes.find((known) => known.name === name);
      add(axis ? axis.title : name, member);
    });
    add("Frames shown", one.frames);
    add("Tokens", one.tokens);
    add("Message hash", one.hash);
    (one.media || []).forEach((path) => add("Recording", media(path)));
    return list;
  }

  function show(at) {
    const one = chunks.get(Math.floor(at / index.chunk))[at % index.chunk];
    const title = element("h2", index.ids[at]);
    title.id = "sample-title";
    title.tabIndex = -1;
    const made = [title, element("p")];
    made[1].append(outcomeMark(at));
    const unknown = "Its text is not here: the site was built without the dataset.";
    made.push(part("Question", element("div", one.question || unknown, "asked")));
    if (one.options) made.push(part("Options", options(one)));
    if (one.response !== undefined) {
      made.push(part("Response", ...verbatim(one, "response", "Response")));
    } else {
      made.push(part("Response", element("p", "There is none.")));
    }
    if (one.error) made.push(part("Error", ...verbatim(one, "error", "Error")));
    made.push(part("Facts", facts(at, one)));
    get("sample").replaceChildren(...made);
    get("sample-state").textContent = "";
  }

  function axisChoices() {
    return index.axes.map((_, at) => get(`axis-${at}`));
  }

  function wantedNow() {
    return {
      outcome: get("outcome").value,
      text: get("words").value,
      members: axisChoices().map((one) => Number(one.value)),
    };
  }

  function filter(keep) {
    matching = passing(index, wantedNow());
    const words = `${matching.length.toLocaleString("en")} of ${index.ids.length.toLocaleString("en")}`;
    get("count").textContent = `${words} samples`;
    active = -1;
    get("samples").scrollTop = 0;
    refresh();
    const place = keep === undefined ? -1 : matching.indexOf(keep);
    if (matching.length) {
      choose(Math.max(0, place), false);
      return;
    }
    choose(-1, false);
    get("sample").replaceChildren(element("p", "No sample passes these filters."));
  }

  function toAddress() {
    const said = new URLSearchParams();
    const wanted = wantedNow();
    if (active >= 0) said.set("id", index.ids[matching[active]]);
    if (wanted.outcome) said.set("outcome", NAMES[wanted.outcome]);
    if (wanted.text) said.set("text", wanted.text);
    wanted.members.forEach((one, at) => {
      if (one >= 0) said.set(index.axes[at].name, index.axes[at].members[one]);
    });
    history.replaceState(null, "", `#${said}`);
  }

  function fromAddress() {
    const said = new URLSearchParams(location.hash.slice(1));
    const letter = Object.keys(NAMES).find((one) => NAMES[one] === said.get("outcome"));
    get("outcome").value = letter || "";
    get("words").value = said.get("text") || "";
    index.axes.forEach((axis, at) => {
      get(`axis-${at}`).value = String(axis.members.indexOf(said.get(axis.name)));
    });
    const at = index.ids.indexOf(said.get("id"));
    filter(at < 0 ? undefined : at);
  }

  const KEYS = {
    ArrowDown: () => active + 1,
    j: () => active + 1,
    ArrowUp: () => active - 1,
    k: () => active - 1,
    PageDown: () => active + pageful(),
    PageUp: () => active - pageful(),
    Home: () => 0,
    End: () => matching.length - 1,
  };

  function pageful() {
    return Math.max(1, Math.floor(get("samples").clientHeight / rowHeight) - 1);
  }

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !matching.length) return;
    const list = get("samples");
    const letter = event.key === "j" || event.key === "k";
    const typing = event.target.matches("input, select, textarea");
    if (typing || (!letter && event.target !== list)) return;
    if (event.key === "Enter") {
      const title = get("sample-title");
      if (title) title.focus();
      return;
    }
    if (!Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    if (letter) list.focus({ preventScroll: true });
    choose(Math.min(matching.length - 1, Math.max(0, KEYS[event.key]())), true);
  }

  function begin() {
    rowHeight = 4.5 * parseFloat(getComputedStyle(document.documentElement).fontSize);
    index.axes.forEach((axis, at) => {
      const choice = get(`axis-${at}`);
      axis.members.forEach((member, number) => {
        const made = element("option", member);
        made.value = String(number);
        choice.append(made);
      });
    });
    let asked = 0;
    get("samples").addEventListener("scroll", () => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(draw);
    });
    addEventListener("resize", draw);
    const changed = () => {
      filter();
      toAddress();
    };
    [get("outcome"), ...axisChoices()].forEach((one) => one.addEventListener("change", changed));
    get("words").addEventListener("input", changed);
    document.addEventListener("keydown", pressed);
    addEventListener("hashchange", fromAddress);
    get("browser").hidden = false;
    fromAddress();
  }

  globalThis.sightlineIndex = function (given) {
    index = given;
    begin();
  };

  globalThis.sightlineSamples = function (number, samples) {
    chunks.set(number, samples);
    const at = waiting.get(number);
    waiting.delete(number);
    if (at !== undefined && matching[active] === at) show(at);
  };

  globalThis.sightlineSampleList = { passing, visible };
})();
