/* The current record: what is said of it, its clip, the buttons that decide and the note. */
(function () {
  "use strict";

  const page = globalThis.sightlineReview;
  const {
    element, visible, button, titleOf, askedOf, part, saidOfFixation, optionsOf, pointsOf,
    FLAGS, SIGNS, WORDS, now, loaded, get, stateOf, effective,
  } = page;
  const MOST_LOOKS = 60;

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
      const words = visible(titleOf(effective(number, one)));
      entry.append(element("time", `${one.from.toFixed(1)}\u2013${one.to.toFixed(1)} s`), " ",
        stateOf(number, one) === "reject" ? "(nobody knows)" : words);
      return entry;
    }));
    const made = element("details");
    made.append(element("summary", `Looks before it (${looks.length})`), list);
    return [made];
  }

  function saidOfQuestion(number, item, shown) {
    const made = [element("p", visible(askedOf(shown)), "asked")];
    if (shown.points.length) {
      const means = { now: "alert while it is so", already_seen: "alert from the first time on" }[shown.means];
      made.push(...part(`Test points${means ? `: ${means}` : ""}`, pointsOf(shown)));
    } else made.push(optionsOf(shown));
    if (shown.dropped) made.push(element("p", `Dropped by ${visible(shown.dropped)}: ${visible(shown.reason) || "no reason given"}`, "fault long"));
    else if (shown.reason && stateOf(number, item) !== "edit") made.push(element("p", `Noted: ${visible(shown.reason)}`, "quiet long"));
    const [start, end] = shown.span;
    if (end > start) made.push(element("p", `Evidence: ${start.toFixed(1)} to ${end.toFixed(1)} s`, "quiet"));
    made.push(...looksOf(number, shown));
    return made;
  }

  function headOf(number, item, state) {
    const made = element("div", undefined, "head");
    const what = item.kind === "fixation"
      ? `Fixation ${item.id}, ${item.from.toFixed(2)} to ${item.to.toFixed(2)} s`
      : `${(now.index.tasks.find(([code]) => code === item.task) || [0, visible(item.task)])[1]}, asked at ${item.from} s`;
    made.append(element("h2", what), element("span", visible(now.index.recordings[number].id).slice(0, 80), "quiet"));
    if (state !== "open") made.append(element("span", `${SIGNS[state]} ${WORDS[state]}`, `badge ${state}`));
    item.flags.forEach((flag) => made.append(element("span", FLAGS[flag], `badge ${flag}`)));
    if (now.store.get(number, item) && state === "open") {
      made.append(element("span", "changed since it was decided: decide again", "badge stale"));
    }
    return made;
  }

  function noteOf(number, item) {
    const label = element("label", "Note ", "note");
    label.append(element("kbd", "n"));
    const area = element("textarea");
    area.id = "note";
    area.rows = 1;
    area.maxLength = 20000;
    area.value = now.store.note(number, item);
    area.addEventListener("input", () => {
      now.store.setNote(number, item, area.value);
      page.touched();
    });
    label.append(area);
    return label;
  }

  function verdicts() {
    const made = element("div", undefined, "verdicts");
    made.append(
      button("Accept", "accept", () => page.decide("accept", {}), "a"),
      button("Edit", "edit", () => page.startEdit(), "e"),
      button("Reject", "reject", () => page.decide("reject", {}), "r"),
      button("Undo", "", () => page.undo(), "u"),
    );
    return made;
  }

  function show(at) {
    now.place = at;
    now.current = now.matching[at];
    now.editing = false;
    drawItem();
    page.drawList();
  }

  function drawItem() {
    const [number, item] = now.current;
    const state = stateOf(number, item);
    const shown = effective(number, item);
    page.stop();
    const said = element("div", undefined, "said");
    said.append(...(item.kind === "fixation" ? saidOfFixation(shown, state) : saidOfQuestion(number, item, shown)));
    const deciding = element("div", undefined, "deciding");
    deciding.append(verdicts(), noteOf(number, item));
    get("item").replaceChildren(headOf(number, item, state), page.clipsOf(number, item), said, deciding);
  }

  function showNothing() {
    page.stop();
    now.place = -1;
    now.current = null;
    now.editing = false;
    get("item").replaceChildren(element("p", "No record passes these filters.", "empty"));
    page.drawList();
  }

  Object.assign(page, { show, drawItem, showNothing });
})();
