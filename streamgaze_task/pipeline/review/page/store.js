/* The decisions: kept in this browser as far as it allows, exported to and imported from
   decisions.json. No part of the page is touched here. */
(function () {
  "use strict";

  const VERDICTS = ["accept", "edit", "reject"];
  const FIELDS = {
    fixation: { gazed: isText, beside: isNames, outside: isNames },
    question: { text: isText, answer: isText, wrong: isNames, points: isPoints },
  };
  const LONGEST = 20000;
  const MOST = 500;
  const DIGEST = /^[0-9a-f]{64}$/;

  function isText(value) {
    return typeof value === "string" && value.trim() !== "" && value.length <= LONGEST;
  }

  function isNames(value) {
    return Array.isArray(value) && value.length <= MOST && value.every(isText);
  }

  function isPoints(value) {
    const point = (one) => Array.isArray(one) && one.length === 2 && Number.isInteger(one[0]) &&
      one[0] >= 0 && typeof one[1] === "boolean";
    return Array.isArray(value) && value.length <= MOST && value.every(point);
  }

  function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  }

  /** A decision with its known fields alone, or null when it is none. */
  function checked(one) {
    if (!isObject(one) || !Object.hasOwn(FIELDS, one.kind)) return null;
    const id = one.kind === "fixation" ? Number.isInteger(one.id) : typeof one.id === "string";
    const plain = typeof one.recording_id === "string" && id && DIGEST.test(one.seen) &&
      VERDICTS.includes(one.verdict) && isObject(one.edits) && typeof one.note === "string" &&
      one.note.length <= LONGEST && typeof one.at === "string" && !Number.isNaN(Date.parse(one.at));
    if (!plain) return null;
    const fields = FIELDS[one.kind];
    const names = Object.keys(one.edits);
    if (!names.every((name) => Object.hasOwn(fields, name) && fields[name](one.edits[name]))) return null;
    if ((one.verdict === "edit") !== names.length > 0) return null;
    const { kind, recording_id, id: given, seen, verdict, edits, note, at } = one;
    return { kind, recording_id, id: given, seen, verdict, edits, note, at };
  }

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
      this.kept = true;
      this.prefix = `sightline-review:${digest}:`;
      this.load();
    }

    /** Read everything that this browser kept. */
    load() {
      this.reviewer = this.read("reviewer") || "";
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

    /** How many are decided, of one recording or of all. */
    decided(number) {
      const parts = number === undefined ? this.parts : [this.parts[number]];
      return parts.reduce((sum, part) => sum + part.decisions.size, 0);
    }

    /** The text of decisions.json. */
    exported() {
      const decisions = this.parts.flatMap((part) => [...part.decisions.values()]);
      const file = { schema_version: 1, name: this.name, data: this.digest, reviewer: this.reviewer, decisions };
      return `${JSON.stringify(file, null, 1)}\n`;
    }

    /** Take over the decisions of a file; the later one of each record stays.
        Returns how many were taken over, older, unknown; throws an Error that says what is wrong. */
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
      const told = { taken: 0, older: 0, unknown: 0 };
      const changed = new Set();
      all.forEach((one) => {
        const number = this.numbers.get(one.recording_id);
        const key = keyOf(one.kind, one.id);
        const mine = number === undefined ? null : this.parts[number].decisions.get(key);
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

  globalThis.sightlineReviewStore = { Store, keyOf };
})();
