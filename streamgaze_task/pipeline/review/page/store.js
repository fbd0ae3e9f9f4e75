/* The decisions: kept in this browser as far as it allows, exported to and imported from
   decisions.json. No part of the page is touched here. */
(function () {
  "use strict";

  const page = globalThis.sightlineReview;
  const { LONGEST, isObject, checked } = page;
  const keyOf = (kind, id) => `${kind} ${id}`;

  /** Decisions and notes of one page; `recordings` are the ids in their order. */
  class Store {
    constructor(digest, name, recordings) {
      this.digest = digest;
      this.name = name;
      this.recordings = recordings;
      this.numbers = new Map(recordings.map((id, number) => [id, number]));
      this.parts = recordings.map(() => ({ decisions: new Map(), notes: new Map() }));
      this.reviewer = "";
      this.exportedAt = 0;
      this.takenBack = false;
      this.kept = true;
      this.prefix = `sightline-review:${digest}:`;
      this.load();
    }

    /** Read everything that this browser kept. */
    load() {
      this.reviewer = this.read("reviewer") || "";
      this.exportedAt = Number(this.read("exported")) || 0;
      this.recordings.forEach((_, number) => this.loadPart(number));
    }

    loadPart(number) {
      const part = { decisions: new Map(), notes: new Map() };
      const found = this.read(String(number));
      if (isObject(found)) {
        (Array.isArray(found.decisions) ? found.decisions : []).map(checked).forEach((one) => {
          if (one && this.numbers.get(one.recording_id) === number) part.decisions.set(keyOf(one.kind, one.id), one);
        });
        (Array.isArray(found.notes) ? found.notes : []).forEach((one) => {
          if (Array.isArray(one) && typeof one[1] === "string") part.notes.set(String(one[0]), one[1]);
        });
      }
      this.parts[number] = part;
    }

    read(key) {
      try {
        return JSON.parse(localStorage.getItem(this.prefix + key));
      } catch (_) {
        return null; // a browser may keep nothing for pages from a folder
      }
    }

    write(key, value) {
      try {
        localStorage.setItem(this.prefix + key, JSON.stringify(value));
        this.kept = true;
      } catch (_) {
        this.kept = false;
      }
    }

    save(number) {
      const part = this.parts[number];
      this.write(String(number), { decisions: [...part.decisions.values()], notes: [...part.notes] });
    }

    setReviewer(text) {
      this.reviewer = text;
      this.write("reviewer", text);
    }

    get(number, item) {
      return this.parts[number].decisions.get(keyOf(item.kind, item.id)) || null;
    }

    /** Set or, with null, remove the decision about an item. */
    set(number, item, decision) {
      const key = keyOf(item.kind, item.id);
      if (decision) this.parts[number].decisions.set(key, decision);
      else this.parts[number].decisions.delete(key);
      this.save(number);
    }

    /** Go back to the decision before, or with null to none. */
    takeBack(number, item, before) {
      this.takenBack = this.exportedAt > 0; // a file has what no longer holds
      this.set(number, item, before);
    }

    /** Verdict, edits and note of an item as a decision of now. */
    decide(number, item, verdict, edits) {
      const decision = {
        kind: item.kind, recording_id: this.recordings[number], id: item.id, seen: item.seen,
        verdict, edits, note: this.note(number, item), at: new Date().toISOString(),
      };
      this.set(number, item, decision);
    }

    note(number, item) {
      const decision = this.get(number, item);
      return this.parts[number].notes.get(keyOf(item.kind, item.id)) ?? (decision ? decision.note : "");
    }

    setNote(number, item, text) {
      const note = text.slice(0, LONGEST).replace(/\p{Cs}/gu, "\ufffd"); // a pair may be cut in two
      const decision = this.get(number, item);
      if (note) this.parts[number].notes.set(keyOf(item.kind, item.id), note);
      else this.parts[number].notes.delete(keyOf(item.kind, item.id));
      if (decision) this.set(number, item, { ...decision, note, at: new Date().toISOString() });
      else this.save(number);
    }

    /** All decisions, of one recording or of all. */
    all(number) {
      const parts = number === undefined ? this.parts : [this.parts[number]];
      return parts.flatMap((part) => [...part.decisions.values()]);
    }

    /** How many are in no file yet. */
    unexported() {
      return this.all().filter((one) => Date.parse(one.at) > this.exportedAt).length;
    }

    /** The text of decisions.json. */
    exported() {
      const decisions = this.all();
      this.exportedAt = Date.now();
      this.takenBack = false;
      this.write("exported", this.exportedAt);
      const file = { schema_version: 1, name: this.name, data: this.digest, reviewer: this.reviewer, decisions };
      return `${JSON.stringify(file, null, 1)}\n`;
    }

    /** Take over the decisions of a file; the later one of each record stays.
        Returns how many were taken over, older, unknown, about records decided here too (`both`),
        and of these with the same verdict; throws an Error that says what is wrong. */
    imported(text) {
      let file;
      try {
        file = JSON.parse(text);
      } catch (_) {
        throw new Error("The file is no JSON.");
      }
      if (!isObject(file) || file.schema_version !== 1 || !Array.isArray(file.decisions)) {
        throw new Error("The file is no decisions.json of this kind of page.");
      }
      if (file.name !== this.name) throw new Error(`The file is about another benchmark: ${String(file.name).slice(0, 80)}`);
      const all = file.decisions.map(checked);
      const broken = all.indexOf(null);
      if (broken >= 0) throw new Error(`Decision ${broken + 1} of the file cannot be read; nothing was taken over.`);
      const told = { taken: 0, older: 0, unknown: 0, both: 0, same: 0 };
      const changed = new Set();
      all.forEach((one) => {
        const number = this.numbers.get(one.recording_id);
        const key = keyOf(one.kind, one.id);
        const mine = number === undefined ? null : this.parts[number].decisions.get(key);
        if (mine && mine.seen === one.seen) {
          told.both += 1;
          told.same += mine.verdict === one.verdict ? 1 : 0;
        }
        if (number === undefined) told.unknown += 1;
        else if (mine && Date.parse(mine.at) >= Date.parse(one.at)) told.older += 1;
        else {
          this.parts[number].decisions.set(key, one);
          this.parts[number].notes.delete(key);
          changed.add(number);
          told.taken += 1;
        }
      });
      changed.forEach((number) => this.save(number));
      if (!this.reviewer && typeof file.reviewer === "string") this.setReviewer(file.reviewer.slice(0, 200));
      return told;
    }
  }

  page.Store = Store;
})();
