/* What a decision is: what this browser kept and what a file holds is looked at before it is used. */
(function () {
  "use strict";

  const page = globalThis.sightlineReview = {};
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

  Object.assign(page, { LONGEST, isObject, checked });
})();
