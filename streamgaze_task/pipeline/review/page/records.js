/* How the parts of a record look: names, options, test points. Every text goes into the
   page as text. */
(function () {
  "use strict";

  const page = globalThis.sightlineReview;
  const { OPTIONS, element } = page;
  const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;

  /** A text in which nothing is invisible and no direction turns. */
  function visible(text) {
    return String(text).replace(/\n/g, " ").replace(HIDDEN, (one) => `\\u${one.codePointAt(0).toString(16).padStart(4, "0")}`);
  }

  function clock(seconds) {
    const whole = Math.floor(seconds);
    const rest = Math.floor((seconds - whole) * 10);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}.${rest}`;
  }

  function button(text, kind, act, key) {
    const made = element("button", text, kind);
    made.type = "button";
    if (key) {
      made.append(" ", element("kbd", key));
      made.setAttribute("aria-keyshortcuts", key);
    }
    made.addEventListener("click", act);
    return made;
  }

  function titleOf(item) {
    if (item.kind === "fixation") return item.gazed === null ? "(nobody knows)" : item.gazed;
    return askedOf(item);
  }

  /** The words of a question with its options in them, in an order that does not tell the answer. */
  function askedOf(item) {
    const options = [item.answer, ...item.wrong].sort().join(", ");
    return item.text.replace(OPTIONS, () => `{${options}}`);
  }

  /** A record in the list: what tells it from others of its task comes first. */
  function briefOf(item) {
    if (item.kind === "fixation") return titleOf(item);
    const about = item.answer || (/<([^<>]+)>/.exec(item.text) || [])[1];
    return `${item.task.toUpperCase()} ${about ? `${about}: ` : ""}${askedOf(item)}`;
  }

  function part(title, ...inside) {
    return [element("h3", title), ...inside];
  }

  function namesOf(names) {
    if (!names.length) return element("p", "nothing", "quiet");
    const list = element("ul", undefined, "names");
    list.append(...names.map((name) => element("li", visible(name))));
    return list;
  }

  function saidOfFixation(shown, state) {
    const made = [...part("Looked at", element("p", state === "reject" ? "(nobody knows)" : visible(titleOf(shown)), "main-name"))];
    if (shown.problem) made.push(element("p", `Problem: ${visible(shown.problem)}`, "fault long"));
    if (shown.looks) made.push(element("p", visible(shown.looks), "long"));
    if (shown.attributes.length) {
      made.push(element("p", shown.attributes.map(([name, value]) => visible(`${name}: ${value}`)).join(", "), "quiet long"));
    }
    made.push(...part("Also in the circle", namesOf(shown.beside)));
    made.push(...part("In view outside the circle", namesOf(shown.outside)));
    if (shown.scene) made.push(...part("Scene", element("p", visible(shown.scene), "long")));
    return made;
  }

  function optionsOf(shown) {
    const list = element("ul", undefined, "options");
    const right = element("li", undefined, "right");
    right.append(`\u2713 ${visible(shown.answer)}`, element("span", " (right answer)", "unseen"));
    list.append(right, ...shown.wrong.map((one) => element("li", visible(one))));
    return list;
  }

  function pointsOf(shown) {
    const table = element("table", undefined, "points");
    table.append(...shown.points.map(([seconds, alert]) => {
      const row = element("tr");
      const head = element("th", `${seconds} s`);
      head.scope = "row";
      row.append(head, element("td", alert ? "alert" : "no alert", alert ? "alert" : ""));
      return row;
    }));
    return table;
  }

  Object.assign(page, {
    visible, clock, button, titleOf, briefOf, askedOf, part, saidOfFixation, optionsOf, pointsOf,
  });
})();
