/* What is shown: the records that pass the filters, and which of them is the current one. */
(function () {
  "use strict";

  const page = globalThis.sightlineReview;
  const { visible, askedOf } = page;
  const FLAGS = { unsure: "labeller unsure", problem: "no label", dropped: "dropped by a filter" };
  const DROPPED = "dropped by ";

  const now = {
    index: null, // what data/index.js says of all recordings
    store: null,
    matching: [], // [recording, item] of what passes the filters
    place: -1, // of the current one in `matching`
    current: null, // [recording, item], also when it no longer passes
    editing: false,
  };
  const loaded = new Map(); // recording -> its data
  const waiting = new Map(); // recording -> who waits for it

  const get = (id) => document.getElementById(id);

  function say(text, warning) {
    get("status").textContent = text;
    get("status").className = warning ? "warning" : "";
  }

  /** A decision counts for the record that it was made about. */
  function decisionOf(number, item) {
    const found = now.store.get(number, item);
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
        : [item.id, askedOf(item), item.dropped, item.reason];
      item.searched = parts.join("\n").toLowerCase();
    }
    return item.searched;
  }

  function passes(number, item, wanted) {
    if (wanted.task === "fixation" || wanted.task === "question") {
      if (item.kind !== wanted.task) return false;
    } else if (wanted.task && item.task !== wanted.task) return false;
    return hasState(number, item, wanted.state) && (!wanted.words || searched(item).includes(wanted.words));
  }

  /** Whether it is decided so, has that flag, or was dropped by that filter. */
  function hasState(number, item, wanted) {
    if (!wanted) return true;
    if (Object.hasOwn(FLAGS, wanted)) return item.flags.includes(wanted);
    if (wanted.startsWith(DROPPED)) return item.dropped === wanted.slice(DROPPED.length);
    return stateOf(number, item) === wanted;
  }

  function wantedNow() {
    return {
      recording: get("recording").value, task: get("task").value, state: get("state").value,
      words: get("search").value.trim().toLowerCase(),
    };
  }

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
        failed(new Error(`The records of ${visible(now.index.recordings[number].id)} could not be loaded.`));
      });
      document.head.append(script);
    }
    return waiting.get(number).promise;
  }

  /** The records of a recording have come. */
  function recording(number, data) {
    loaded.set(number, data);
    const one = waiting.get(number);
    waiting.delete(number);
    if (one) one.done();
  }

  let asked = 0;

  /** Load what the filters need, then list it; `keep` is [recording, item] to stay at. */
  async function refilter(keep) {
    asked += 1;
    const mine = asked;
    const wanted = wantedNow();
    const numbers = wanted.recording === "" ? now.index.recordings.map((_, number) => number) : [Number(wanted.recording)];
    try {
      for (const number of numbers) {
        if (!loaded.has(number)) {
          say(`Loading ${visible(now.index.recordings[number].id)}.`);
          await load(number);
          if (mine !== asked) return;
          say("");
        }
      }
    } catch (error) {
      say(error.message, true);
      return;
    }
    now.matching = [];
    numbers.forEach((number) => loaded.get(number).items.forEach((item) => {
      if (passes(number, item, wanted)) now.matching.push([number, item]);
    }));
    const at = keep ? placeOf(keep) : -1;
    if (at >= 0) page.show(at);
    else if (now.matching.length) page.show(0);
    else page.showNothing();
  }

  function placeOf([number, item]) {
    return now.matching.findIndex(([one, other]) => one === number && other === item);
  }

  Object.assign(page, {
    FLAGS, DROPPED, now, loaded, get, say, stateOf, effective, passes, wantedNow,
    refilter, placeOf, recording,
  });
})();
