/* Deciding: accept, edit, reject, undo, and going from record to record. */
(function () {
  "use strict";

  const page = globalThis.sightlineReview;
  const {
    form, visible, WORDS, now, get, say, stateOf, effective, passes, wantedNow, placeOf, refilter,
  } = page;
  const undone = []; // what was decided, to be taken back: [recording, item, decision before]

  function startEdit() {
    if (!now.current || now.editing) return;
    now.editing = true;
    const [number, item] = now.current;
    const said = get("item").querySelector(".said");
    const leave = () => {
      now.editing = false;
      page.drawItem();
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
    page.drawCounter();
    if (!now.store.kept) say("This browser keeps no decisions (or has no room left): export before you close the page.", true);
  }

  function decide(verdict, edits) {
    if (!now.current) return;
    const [number, item] = now.current;
    undone.push([number, item, now.store.get(number, item)]);
    now.store.decide(number, item, verdict, edits);
    say(`${item.kind === "fixation" ? `Fixation ${item.id}` : visible(item.id)} ${WORDS[verdict]}.`);
    touched();
    get("item").focus({ preventScroll: true });
    const next = now.matching[now.place + 1];
    const still = passes(number, item, wantedNow());
    if (!still) now.matching.splice(now.place, 1);
    if (next) page.show(placeOf(next));
    else if (now.matching.length) lastDecided(still);
    else page.showNothing();
  }

  function lastDecided(still) {
    say(`${get("status").textContent} That was the last of this list.`);
    page.show(still ? now.place : now.matching.length - 1);
  }

  function undo() {
    if (!undone.length) {
      say("There is nothing to undo in this session.");
      return;
    }
    const [number, item, before] = undone.pop();
    now.store.takeBack(number, item, before && { ...before, note: now.store.note(number, item) });
    touched();
    const wanted = get("recording").value;
    if (wanted !== "" && wanted !== String(number)) get("recording").value = String(number);
    say(`Taken back: ${item.kind === "fixation" ? `fixation ${item.id}` : visible(item.id)} is ${WORDS[stateOf(number, item)]}.`);
    get("item").focus({ preventScroll: true });
    refilter([number, item]);
  }

  async function move(by) {
    const at = now.place + by;
    if (at >= 0 && at < now.matching.length) {
      page.show(at);
      return;
    }
    const chosen = get("recording").value;
    const next = Number(chosen) + by;
    if (chosen === "" || next < 0 || next >= now.index.recordings.length) {
      say(by > 0 ? "That was the last record." : "This is the first record.");
      return;
    }
    get("recording").value = String(next);
    await refilter();
    if (by < 0 && now.matching.length) page.show(now.matching.length - 1);
  }

  /** The next record that nobody decided, from the current one on and around. */
  function nextOpen() {
    const { matching, place } = now;
    const order = matching.map((_, step) => (place + 1 + step) % matching.length);
    const found = order.find((at) => stateOf(...matching[at]) === "open");
    if (found === undefined) say("Nothing in this list is open.");
    else page.show(found);
  }

  Object.assign(page, { startEdit, touched, decide, undo, undone, move, nextOpen });
})();
