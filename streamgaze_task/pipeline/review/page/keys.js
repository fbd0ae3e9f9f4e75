/* The keys. */
(function () {
  "use strict";

  const page = globalThis.sightlineReview;
  const { now, get, decide, startEdit, undo, move, nextOpen, chooseClip, playOrPause, turnSlow } = page;

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    a: () => decide("accept", {}),
    e: startEdit,
    r: () => decide("reject", {}),
    u: undo,
    o: nextOpen,
    s: turnSlow,
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
    if (now.editing || at.matches("input, select, textarea")) return;
    if (event.key === " " && at.matches("button, summary, video")) return;
    const clip = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
    const act = clip >= 0 ? () => now.current && chooseClip(clip) : Object.hasOwn(KEYS, event.key) && KEYS[event.key];
    if (!act || (event.repeat && "aeru".includes(event.key))) return;
    event.preventDefault();
    act();
  }

  page.pressed = pressed;
})();
