/* Decisions out of the page into a file, and back. */
(function () {
  "use strict";

  const page = globalThis.sightlineReview;
  const { element, now, get, say } = page;

  function exportFile() {
    const address = URL.createObjectURL(new Blob([now.store.exported()], { type: "application/json" }));
    const link = element("a");
    link.href = address;
    link.download = "decisions.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    page.drawCounter();
    const count = now.store.all().length;
    say(`Exported ${count.toLocaleString("en")} ${count === 1 ? "decision" : "decisions"}${now.store.reviewer ? "" : "; no reviewer is named"}.`);
  }

  /** Asks before a page is left whose decisions are in no file: a browser may forget them. */
  function warnOfLeaving(event) {
    if (now.store.takenBack || now.store.unexported()) event.preventDefault();
  }

  async function importFile() {
    const file = get("file").files[0];
    get("file").value = "";
    if (!file) return;
    try {
      const told = now.store.imported(await file.text());
      page.undone.length = 0;
      get("reviewer").value = now.store.reviewer;
      const agree = told.both ? ` Of ${told.both} that you decided too, ${told.same} have the same verdict.` : "";
      say(`Imported ${told.taken} decisions; ${told.older} were older than yours, ${told.unknown} are about other recordings.${agree}`);
      page.touched();
    } catch (error) {
      say(error.message, true);
      return;
    }
    page.refilter(now.current);
  }

  Object.assign(page, { exportFile, importFile, warnOfLeaving });
})();
