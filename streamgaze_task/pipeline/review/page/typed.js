/* What people type: cleaned, and refused with words where the merge would refuse it
   (review/editing.py, labelling/names.py). */
(function () {
  "use strict";

  const page = globalThis.sightlineReview;
  const OPTIONS = "{options}";
  const LONGEST_TEXT = 1000;
  const LONGEST_OPTION = 500;
  const LONGEST_NAME = 48;
  const MOST_WORDS = 6;
  const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu;
  const LEADING = ["a", "an", "the", "some"];
  const NOTHING = [
    "", "none", "null", "nothing", "unknown", "unclear", "unsure", "unrecognizable", "n a", "na",
    "object", "thing", "item", "not sure", "unidentified", "unidentified object", "background",
  ];

  /** One line, single spaces, nothing that cannot be seen. */
  function clean(text) {
    return text.replace(/\s+/gu, " ").replace(UNSEEN, "").replace(/ +/gu, " ").trim().normalize("NFC");
  }

  function wordsOf(typed) {
    const plain = typed.replace(/<[^<>]{0,100}>/gu, " ").normalize("NFKC").toLowerCase();
    return plain.replace(/[\s_/|,;:.+]+/gu, " ").replace(/[^\p{L}\p{N} '\u2019-]/gu, "").split(" ")
      .map((word) => word.replace(/^[-']+|[-']+$/gu, "")).filter((word) => word);
  }

  /** Why typed words are no name of an object; "" when they are one. */
  function nameFault(typed) {
    const words = wordsOf(typed);
    const long = words.join(" ").length > LONGEST_NAME;
    while (words.length > 1 && LEADING.includes(words[0])) words.shift();
    if (long || words.length > MOST_WORDS) {
      return `A name has at most ${MOST_WORDS} words and ${LONGEST_NAME} characters.`;
    }
    const name = words.join(" ");
    if (!name) return "A name has letters or digits.";
    return NOTHING.includes(name) || NOTHING.includes(name.replace(/s$/u, "")) ? `"${name}" names no object.` : "";
  }

  function textFault(text, before) {
    const marks = (words) => words.split(OPTIONS).length;
    if (!text) return "A question needs words.";
    if (text.length > LONGEST_TEXT) return `A question has at most ${LONGEST_TEXT} characters.`;
    return marks(text) === marks(before) ? "" : `Keep ${OPTIONS} where the options go.`;
  }

  /** Why four options are none; those that were there before may be of any length. */
  function optionsFault(options, before) {
    const plain = options.map((one) => clean(one).toLowerCase());
    if (plain.includes("") || new Set(plain).size !== 4) return "The four options must be there and differ.";
    const typed = options.filter((one) => !before.includes(one));
    if (typed.some((one) => one.length > LONGEST_OPTION)) return `An option has at most ${LONGEST_OPTION} characters.`;
    return typed.some((one) => one.includes(OPTIONS)) ? `An option cannot hold ${OPTIONS}.` : "";
  }

  Object.assign(page, { OPTIONS, clean, nameFault, textFault, optionsFault });
})();
