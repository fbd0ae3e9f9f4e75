/* The page: a list of records with filters, and the current record with its clip. The recordings
   are loaded with the page and call sightlineReview.index; the records of each lie in a file of
   their own that calls sightlineReview.recording. Every text goes into the page as text. */
(function () {
  "use strict";

  const { Store } = globalThis.sightlineReviewStore;
  const { element, form } = globalThis.sightlineReviewForms;
  const { visible, clock, button, titleOf, part, saidOfFixation, optionsOf, pointsOf, player } =
    globalThis.sightlineReviewRecords;
  const PER_PAGE = 25;
  const ALL_AT_ONCE = 3000;
  const MOST_LOOKS = 60;
  const SIGNS = { accept: "\u2713", edit: "\u270e", reject: "\u2717", open: "\u00b7" };
  const WORDS = { accept: "accepted", edit: "edited", reject: "rejected", open: "open" };
  const FLAGS = { unsure: "labeller unsure", problem: "no label", dropped: "dropped by a filter" };

  let index = null;
  let store = null;
  let matching = []; // [recording, item] of what passes the filters
  let place = -1; // of the current one in `matching`
  let current = null; // [recording, item], also when it no longer passes
  let editing = false;
  let exported = true;
  const loaded = new Map(); // recording -> its data
  const waiting = new Map(); // recording -> who waits for it
  const undone = []; // what was decided, to be taken back: [recording, item, decision before]

  const get = (id) => document.getElementById(id);

  function say(text, warning) {
    get("status").textContent = text;
    get("status").className = warning ? "warning" : "";
  }

  // ---- records and their state

  /** A decision counts for the record that it was made about. */
  function decisionOf(number, item) {
    const found = store.get(number, item);
    return found && found.seen === item.seen ? found : null;
  }

  function stateOf(number, item) {
    const found = decisionOf(number, item);
    return found ? found.verdict : "open";
  }

  /** A record as it reads with its edits. */
  function effective(number, item) {
    const found = decisionOf(number, item);
    return found ? { ...item, ...found.edits } : item;
  }

  function searched(item) {
    if (item.searched === undefined) {
      const parts = item.kind === "fixation"
        ? [item.id, item.gazed || "", ...item.beside, ...item.outside, item.scene, item.looks, item.problem]
        : [item.id, item.text, item.answer, ...item.wrong, item.dropped, item.reason];
      item.searched = parts.join("\n").toLowerCase();
    }
    return item.searched;
  }

  function passes(number, item, wanted) {
    if (wanted.task === "fixation" || wanted.task === "question") {
      if (item.kind !== wanted.task) return false;
    } else if (wanted.task && item.task !== wanted.task) return false;
    if (Object.hasOwn(FLAGS, wanted.state)) {
      if (!item.flags.includes(wanted.state)) return false;
    } else if (wanted.state && stateOf(number, item) !== wanted.state) return false;
    return !wanted.words || searched(item).includes(wanted.words);
  }

  function wantedNow() {
    return {
      recording: get("recording").value, task: get("task").value, state: get("state").value,
      words: get("search").value.trim().toLowerCase(),
    };
  }

  // ---- loading

  function load(number) {
    if (loaded.has(number)) return Promise.resolve();
    if (!waiting.has(number)) {
      let done;
      let failed;
      const promise = new Promise((yes, no) => { done = yes; failed = no; });
      waiting.set(number, { promise, done });
      const script = document.createElement("script");
      script.src = `data/${String(number).padStart(4, "0")}.js`;
      script.addEventListener("error", () => {
        waiting.delete(number);
        script.remove();
        failed(new Error(`The records of ${visible(index.recordings[number].id)} could not be loaded.`));
      });
      document.head.append(script);
    }
    return waiting.get(number).promise;
  }

  let asked = 0;

  /** Load what the filters need, then list it; `keep` is [recording, item] to stay at. */
  async function refilter(keep) {
    asked += 1;
    const mine = asked;
    const wanted = wantedNow();
    const numbers = wanted.recording === "" ? index.recordings.map((_, number) => number) : [Number(wanted.recording)];
    try {
      for (const number of numbers) {
        if (!loaded.has(number)) {
          say(`Loading ${visible(index.recordings[number].id)}.`);
          await load(number);
          if (mine !== asked) return;
          say("");
        }
      }
    } catch (error) {
      say(error.message, true);
      return;
    }
    matching = [];
    numbers.forEach((number) => loaded.get(number).items.forEach((item) => {
      if (passes(number, item, wanted)) matching.push([number, item]);
    }));
    const at = keep ? placeOf(keep) : -1;
    if (at >= 0) show(at);
    else if (matching.length) show(0);
    else showNothing();
  }

  function placeOf([number, item]) {
    return matching.findIndex(([one, other]) => one === number && other === item);
  }

  // ---- the list

  function entryOf(at) {
    const [number, item] = matching[at];
    const state = stateOf(number, item);
    const shown = effective(number, item);
    const made = button("", "entry", () => {
      show(at);
      get("item").scrollIntoView({ block: "nearest" });
    });
    const sign = element("span", SIGNS[state], `sign-${state}`);
    sign.setAttribute("aria-hidden", "true");
    const words = element("span", `${item.task ? `${item.task.toUpperCase()} ` : ""}${visible(titleOf(shown)).slice(0, 120)}`, "words");
    made.append(sign, words, element("span", clock(item.from), "when"), element("span", WORDS[state], "unseen"));
    made.setAttribute("aria-current", String(at === place));
    const entry = element("li");
    entry.append(made);
    return entry;
  }

  function drawList() {
    const page = Math.max(0, Math.floor(place / PER_PAGE));
    const pages = Math.max(1, Math.ceil(matching.length / PER_PAGE));
    const entries = [];
    for (let at = page * PER_PAGE; at < Math.min(matching.length, (page + 1) * PER_PAGE); at += 1) entries.push(entryOf(at));
    get("list").replaceChildren(...entries);
    get("list").hidden = !entries.length;
    const here = get("list").querySelector('[aria-current="true"]');
    if (here) {
      const list = get("list");
      const top = here.parentElement.offsetTop - list.offsetTop;
      if (top < list.scrollTop || top + here.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top - list.clientHeight / 3;
    }
    get("count").textContent = `${matching.length.toLocaleString("en")} ${matching.length === 1 ? "record" : "records"}`;
    get("pages").textContent = `${page + 1} of ${pages}`;
    get("before").disabled = page === 0;
    get("after").disabled = page + 1 >= pages;
    drawCounter();
  }

  function drawCounter() {
    const total = index.recordings.reduce((sum, one) => sum + one.fixations + one.questions, 0);
    const done = Math.min(total, store.decided());
    get("bar").max = Math.max(1, total);
    get("bar").value = done;
    get("counter").textContent = `${done.toLocaleString("en")} of ${total.toLocaleString("en")} decided`;
    [...get("recording").options].forEach((option) => {
      if (option.value === "") return;
      const number = Number(option.value);
      const one = index.recordings[number];
      option.textContent = `${visible(one.id).slice(0, 60)} (${store.decided(number)}/${one.fixations + one.questions})`;
    });
  }

  function turnPage(by) {
    const page = Math.floor(Math.max(0, place) / PER_PAGE) + by;
    if (page >= 0 && page * PER_PAGE < matching.length) show(page * PER_PAGE);
  }

  // ---- the current record

  /** What the labels say of the looks that a question may rest on. */
  function looksOf(number, shown) {
    const until = shown.points.length ? shown.points[shown.points.length - 1][0] : shown.from;
    const looks = loaded.get(number).items.filter((one) => one.kind === "fixation" && one.from < until).slice(-MOST_LOOKS);
    if (!looks.length) return [];
    const list = element("ol", undefined, "looks");
    list.tabIndex = 0;
    list.setAttribute("aria-label", "Looks before it, the latest first");
    list.append(...looks.reverse().map((one) => {
      const entry = element("li");
      const now = effective(number, one);
      entry.append(element("time", `${one.from.toFixed(1)}\u2013${one.to.toFixed(1)} s`), " ",
        stateOf(number, one) === "reject" ? "(nobody knows)" : visible(titleOf(now)));
      return entry;
    }));
    const made = element("details");
    made.append(element("summary", `Looks before it (${looks.length})`), list);
    return [made];
  }

  function saidOfQuestion(number, shown) {
    const made = [element("p", visible(shown.text), "asked")];
    if (shown.points.length) {
      const means = { now: "alert while it is so", already_seen: "alert from the first time on" }[shown.means];
      made.push(...part(`Test points${means ? `: ${means}` : ""}`, pointsOf(shown)));
    } else made.push(optionsOf(shown));
    if (shown.dropped) made.push(element("p", `Dropped by ${visible(shown.dropped)}: ${visible(shown.reason) || "no reason given"}`, "fault long"));
    const [start, end] = shown.span;
    if (end > start) made.push(element("p", `Evidence: ${start.toFixed(1)} to ${end.toFixed(1)} s`, "quiet"));
    made.push(...looksOf(number, shown));
    return made;
  }

  function headOf(number, item, state) {
    const made = element("div", undefined, "head");
    const what = item.kind === "fixation"
      ? `Fixation ${item.id}, ${item.from.toFixed(2)} to ${item.to.toFixed(2)} s`
      : `${(index.tasks.find(([code]) => code === item.task) || [0, visible(item.task)])[1]}, asked at ${item.from} s`;
    made.append(element("h2", what), element("span", visible(index.recordings[number].id).slice(0, 80), "quiet"));
    if (state !== "open") made.append(element("span", `${SIGNS[state]} ${WORDS[state]}`, `badge ${state}`));
    item.flags.forEach((flag) => made.append(element("span", FLAGS[flag], `badge ${flag}`)));
    if (store.get(number, item) && state === "open") {
      made.append(element("span", "changed since it was decided: decide again", "badge stale"));
    }
    return made;
  }

  // ---- clips

  function playerOf(number, clip) {
    return player(number, clip, loaded.get(number).clips[clip[1]]);
  }

  function clipsOf(number, item) {
    const made = element("div", undefined, "show");
    if (!item.clips.length) {
      made.append(element("p", "There is no picture: it lies outside the video.", "quiet"));
      return made;
    }
    made.append(playerOf(number, item.clips[0]));
    if (item.clips.length > 1) {
      const row = element("div", undefined, "clips");
      item.clips.forEach((one, at) => {
        const choice = button(one[0], "", () => chooseClip(at));
        choice.setAttribute("aria-pressed", String(at === 0));
        row.append(choice);
      });
      made.append(row);
    }
    return made;
  }

  function chooseClip(at) {
    const [number, item] = current;
    const shown = get("item").querySelector(".show > video, .show > img");
    if (!shown || at >= item.clips.length) return;
    stop();
    shown.replaceWith(playerOf(number, item.clips[at]));
    get("item").querySelectorAll(".clips button").forEach((one, other) => one.setAttribute("aria-pressed", String(other === at)));
  }

  function stop() {
    const video = get("item").querySelector("video");
    if (video) {
      video.pause();
      video.removeAttribute("src");
      video.load();
    }
  }

  function playOrPause() {
    const video = get("item").querySelector("video");
    if (!video) return;
    if (video.paused) video.play().catch(() => say("This browser cannot play the clip."));
    else video.pause();
  }

  // ---- showing and deciding

  function noteOf(number, item) {
    const label = element("label", "Note ", "note");
    label.append(element("kbd", "n"));
    const area = element("textarea");
    area.id = "note";
    area.rows = 1;
    area.maxLength = 20000;
    area.value = store.note(number, item);
    area.addEventListener("input", () => {
      store.setNote(number, item, area.value);
      touched();
    });
    label.append(area);
    return label;
  }

  function verdicts() {
    const made = element("div", undefined, "verdicts");
    made.append(
      button("Accept", "accept", () => decide("accept", {}), "a"),
      button("Edit", "edit", startEdit, "e"),
      button("Reject", "reject", () => decide("reject", {}), "r"),
      button("Undo", "", undo, "u"),
    );
    return made;
  }

  function show(at) {
    place = at;
    current = matching[at];
    editing = false;
    drawItem();
    drawList();
  }

  function drawItem() {
    const [number, item] = current;
    const state = stateOf(number, item);
    const shown = effective(number, item);
    stop();
    const said = element("div", undefined, "said");
    said.append(...(item.kind === "fixation" ? saidOfFixation(shown, state) : saidOfQuestion(number, shown)));
    const deciding = element("div", undefined, "deciding");
    deciding.append(verdicts(), noteOf(number, item));
    get("item").replaceChildren(headOf(number, item, state), clipsOf(number, item), said, deciding);
  }

  function showNothing() {
    stop();
    place = -1;
    current = null;
    editing = false;
    get("item").replaceChildren(element("p", "No record passes these filters.", "empty"));
    drawList();
  }

  function startEdit() {
    if (!current || editing) return;
    editing = true;
    const [number, item] = current;
    const said = get("item").querySelector(".said");
    const leave = () => {
      editing = false;
      drawItem();
      get("item").focus({ preventScroll: true });
    };
    const save = (changed) => {
      if (Object.keys(changed).length) decide("edit", changed);
      else decide("accept", {});
    };
    const made = form(effective(number, item), item, visible, save, leave);
    said.replaceChildren(made);
    get("item").querySelector(".deciding").hidden = true;
    made.querySelector("input, textarea").focus();
  }

  function touched() {
    exported = false;
    if (!store.kept) say("This browser keeps no decisions (or has no room left): export before you close the page.", true);
  }

  function decide(verdict, edits) {
    if (!current) return;
    const [number, item] = current;
    undone.push([number, item, store.get(number, item)]);
    store.decide(number, item, verdict, edits);
    say(`${item.kind === "fixation" ? `Fixation ${item.id}` : visible(item.id)} ${WORDS[verdict]}.`);
    touched();
    get("item").focus({ preventScroll: true });
    const next = matching[place + 1];
    const still = passes(number, item, wantedNow());
    if (!still) matching.splice(place, 1);
    if (next) show(placeOf(next));
    else if (matching.length) lastDecided(still);
    else showNothing();
  }

  function lastDecided(still) {
    say(`${get("status").textContent} That was the last of this list.`);
    show(still ? place : matching.length - 1);
  }

  function undo() {
    if (!undone.length) {
      say("There is nothing to undo in this session.");
      return;
    }
    const [number, item, before] = undone.pop();
    store.set(number, item, before && { ...before, note: store.note(number, item) });
    touched();
    const wanted = get("recording").value;
    if (wanted !== "" && wanted !== String(number)) get("recording").value = String(number);
    say(`Taken back: ${item.kind === "fixation" ? `fixation ${item.id}` : visible(item.id)} is ${WORDS[stateOf(number, item)]}.`);
    get("item").focus({ preventScroll: true });
    refilter([number, item]);
  }

  async function move(by) {
    const at = place + by;
    if (at >= 0 && at < matching.length) {
      show(at);
      return;
    }
    const chosen = get("recording").value;
    const next = Number(chosen) + by;
    if (chosen === "" || next < 0 || next >= index.recordings.length) {
      say(by > 0 ? "That was the last record." : "This is the first record.");
      return;
    }
    get("recording").value = String(next);
    await refilter();
    if (by < 0 && matching.length) show(matching.length - 1);
  }

  // ---- files

  function exportFile() {
    const address = URL.createObjectURL(new Blob([store.exported()], { type: "application/json" }));
    const link = element("a");
    link.href = address;
    link.download = "decisions.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    exported = true;
    const count = store.decided();
    say(`Exported ${count.toLocaleString("en")} ${count === 1 ? "decision" : "decisions"}${store.reviewer ? "" : "; no reviewer is named"}.`);
  }

  async function importFile() {
    const file = get("file").files[0];
    get("file").value = "";
    if (!file) return;
    try {
      const told = store.imported(await file.text());
      undone.length = 0;
      get("reviewer").value = store.reviewer;
      say(`Imported ${told.taken} decisions; ${told.older} were older than yours, ${told.unknown} are about other recordings.`);
      touched();
    } catch (error) {
      say(error.message, true);
      return;
    }
    refilter(current);
  }

  // ---- keys and beginning

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    a: () => decide("accept", {}),
    e: startEdit,
    r: () => decide("reject", {}),
    u: undo,
    n: () => get("note") && get("note").focus(),
    " ": playOrPause,
    "/": () => get("search").focus(),
    "?": () => get("keys").showModal(),
  };

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || get("keys").open) return;
    const at = event.target;
    if (event.key === "Escape" && at.matches("#note, #search")) {
      get("item").focus({ preventScroll: true });
      return;
    }
    if (editing || at.matches("input, select, textarea")) return;
    if (event.key === " " && at.matches("button, summary, video")) return;
    const clip = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
    const act = clip >= 0 ? () => current && chooseClip(clip) : Object.hasOwn(KEYS, event.key) && KEYS[event.key];
    if (!act || (event.repeat && "aeru".includes(event.key))) return;
    event.preventDefault();
    act();
  }

  function choices(id, pairs) {
    get(id).replaceChildren(...pairs.map(([value, text]) => {
      const made = element("option", text);
      made.value = value;
      return made;
    }));
  }

  function begin() {
    const total = index.recordings.reduce((sum, one) => sum + one.fixations + one.questions, 0);
    choices("recording", [["", "all recordings"], ...index.recordings.map((one, number) => [String(number), visible(one.id)])]);
    choices("task", [["", "everything"], ["fixation", "fixations"], ["question", "questions"], ...index.tasks]);
    choices("state", [["", "any"], ...Object.entries(WORDS).reverse(), ...Object.entries(FLAGS)]);
    get("recording").value = total > ALL_AT_ONCE && index.recordings.length ? "0" : "";
    get("names").replaceChildren(...index.names.map((name) => {
      const made = element("option");
      made.value = name;
      return made;
    }));
    get("reviewer").value = store.reviewer;
    get("reviewer").addEventListener("input", () => store.setReviewer(get("reviewer").value.replace(/\p{Cs}/gu, "\ufffd")));
    ["recording", "task", "state"].forEach((id) => get(id).addEventListener("change", () => refilter(current)));
    get("search").addEventListener("input", () => refilter(current));
    get("before").addEventListener("click", () => turnPage(-1));
    get("after").addEventListener("click", () => turnPage(1));
    get("export").addEventListener("click", exportFile);
    get("import").addEventListener("click", () => get("file").click());
    get("file").addEventListener("change", importFile);
    get("help").addEventListener("click", () => get("keys").showModal());
    document.addEventListener("keydown", pressed);
    addEventListener("beforeunload", (event) => {
      if (!exported && !store.kept) event.preventDefault();
    });
    addEventListener("storage", (event) => {
      // Another window of the same page decided something.
      if (!event.key || !event.key.startsWith(store.prefix)) return;
      store.load();
      get("reviewer").value = store.reviewer;
      if (!editing) refilter(current);
    });
    get("app").hidden = false;
    refilter();
  }

  globalThis.sightlineReview = {
    index(given) {
      index = given;
      store = new Store(index.digest, index.name, index.recordings.map((one) => one.id));
      begin();
    },
    recording(number, data) {
      loaded.set(number, data);
      const one = waiting.get(number);
      waiting.delete(number);
      if (one) one.done();
    },
  };
})();
