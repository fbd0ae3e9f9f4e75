/* The list of records that pass the filters, and how far the review has come. */
(function () {
  "use strict";

  const page = globalThis.sightlineReview;
  const { element, visible, clock, button, briefOf, now, get, stateOf, effective } = page;
  const PER_PAGE = 25;
  const SIGNS = { accept: "\u2713", edit: "\u270e", reject: "\u2717", open: "\u00b7" };
  const WORDS = { accept: "accepted", edit: "edited", reject: "rejected", open: "open" };

  function entryOf(at) {
    const [number, item] = now.matching[at];
    const state = stateOf(number, item);
    const shown = effective(number, item);
    const made = button("", "entry", () => {
      page.show(at);
      get("item").scrollIntoView({ block: "nearest" });
    });
    const sign = element("span", SIGNS[state], `sign-${state}`);
    sign.setAttribute("aria-hidden", "true");
    const words = element("span", visible(briefOf(shown)).slice(0, 120), "words");
    made.append(sign, words, element("span", clock(item.from), "when"), element("span", WORDS[state], "unseen"));
    made.setAttribute("aria-current", String(at === now.place));
    const entry = element("li");
    entry.append(made);
    return entry;
  }

  function drawList() {
    const sheet = Math.max(0, Math.floor(now.place / PER_PAGE));
    const sheets = Math.max(1, Math.ceil(now.matching.length / PER_PAGE));
    const entries = [];
    const end = Math.min(now.matching.length, (sheet + 1) * PER_PAGE);
    for (let at = sheet * PER_PAGE; at < end; at += 1) entries.push(entryOf(at));
    get("list").replaceChildren(...entries);
    get("list").hidden = !entries.length;
    keepInView();
    get("count").textContent = `${now.matching.length.toLocaleString("en")} ${now.matching.length === 1 ? "record" : "records"}`;
    get("pages").textContent = `${sheet + 1} of ${sheets}`;
    get("before").disabled = sheet === 0;
    get("after").disabled = sheet + 1 >= sheets;
    drawCounter();
  }

  /** The current entry, where the list scrolls by itself. */
  function keepInView() {
    const list = get("list");
    const here = list.querySelector('[aria-current="true"]');
    if (!here) return;
    const top = here.parentElement.offsetTop - list.offsetTop;
    const bottom = top + here.offsetHeight;
    const shown = top >= list.scrollTop && bottom <= list.scrollTop + list.clientHeight;
    if (!shown) list.scrollTop = top - list.clientHeight / 3;
  }

  const totalOf = (recordings) => recordings.reduce((sum, one) => sum + one.fixations + one.questions, 0);

  function drawCounter() {
    const total = totalOf(now.index.recordings);
    const all = now.store.all();
    const done = Math.min(total, all.length);
    const each = ["accept", "edit", "reject"].map((verdict) =>
      `${all.filter((one) => one.verdict === verdict).length.toLocaleString("en")} ${WORDS[verdict]}`);
    get("bar").max = Math.max(1, total);
    get("bar").value = done;
    get("counter").textContent = `${done.toLocaleString("en")} of ${total.toLocaleString("en")} decided${done ? `: ${each.join(", ")}` : ""}`;
    const fresh = now.store.unexported();
    get("export").textContent = fresh ? `Export (${fresh.toLocaleString("en")})` : "Export";
    get("export").title = fresh ? "Decisions that are in no file yet" : "";
    [...get("recording").options].forEach((option) => {
      if (option.value === "") return;
      const number = Number(option.value);
      const one = now.index.recordings[number];
      option.textContent = `${visible(one.id).slice(0, 60)} (${now.store.all(number).length}/${totalOf([one])})`;
    });
  }

  function turnPage(by) {
    const sheet = Math.floor(Math.max(0, now.place) / PER_PAGE) + by;
    if (sheet >= 0 && sheet * PER_PAGE < now.matching.length) page.show(sheet * PER_PAGE);
  }

  Object.assign(page, { SIGNS, WORDS, totalOf, drawList, drawCounter, turnPage });
})();
