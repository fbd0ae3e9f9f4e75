/* The beginning. The recordings are loaded with the page and call sightlineReview.index; the records
   of each lie in a file of their own that calls sightlineReview.recording. Every text goes into the
   page as text. */
(function () {
  "use strict";

  const page = globalThis.sightlineReview;
  const { element, visible, FLAGS, DROPPED, WORDS, now, get, refilter } = page;
  const ALL_AT_ONCE = 3000;

  function choices(id, pairs) {
    get(id).replaceChildren(...pairs.map(([value, text]) => {
      const made = element("option", text);
      made.value = value;
      return made;
    }));
  }

  function begin() {
    choices("recording", [["", "all recordings"], ...now.index.recordings.map((one, number) => [String(number), visible(one.id)])]);
    choices("task", [["", "everything"], ["fixation", "fixations"], ["question", "questions"], ...now.index.tasks]);
    choices("state", [["", "any"], ...Object.entries(WORDS).reverse(), ...Object.entries(FLAGS),
      ...now.index.dropped.map(([name, count]) => [DROPPED + name, `${DROPPED}${visible(name)} (${count})`])]);
    get("recording").value = page.totalOf(now.index.recordings) > ALL_AT_ONCE && now.index.recordings.length ? "0" : "";
    get("names").replaceChildren(...now.index.names.map((name) => {
      const made = element("option");
      made.value = name;
      return made;
    }));
    get("reviewer").value = now.store.reviewer;
    get("reviewer").addEventListener("input", () => now.store.setReviewer(get("reviewer").value.replace(/\p{Cs}/gu, "\ufffd")));
    ["recording", "task", "state"].forEach((id) => get(id).addEventListener("change", () => refilter(now.current)));
    get("search").addEventListener("input", () => refilter(now.current));
    get("before").addEventListener("click", () => page.turnPage(-1));
    get("after").addEventListener("click", () => page.turnPage(1));
    get("export").addEventListener("click", page.exportFile);
    get("import").addEventListener("click", () => get("file").click());
    get("file").addEventListener("change", page.importFile);
    get("help").addEventListener("click", () => get("keys").showModal());
    document.addEventListener("keydown", page.pressed);
    addEventListener("beforeunload", page.warnOfLeaving);
    addEventListener("storage", (event) => {
      // Another window of the same page decided something.
      if (!event.key || !event.key.startsWith(now.store.prefix)) return;
      now.store.load();
      get("reviewer").value = now.store.reviewer;
      if (!now.editing) refilter(now.current);
    });
    get("app").hidden = false;
    refilter();
  }

  page.index = (given) => {
    now.index = given;
    now.store = new page.Store(given.digest, given.name, given.recordings.map((one) => one.id));
    begin();
  };
})();
