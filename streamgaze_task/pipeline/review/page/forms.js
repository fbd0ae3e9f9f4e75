/* The forms in which a record is edited. Each gives back the fields that were changed, or says what
   is wrong. Every text goes into the page as text. */
(function () {
  "use strict";

  const page = globalThis.sightlineReview;
  const { clean, nameFault, textFault, optionsFault } = page;

  function element(name, text, kind) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  /** Two values of plain JSON are the same. */
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  function field(label, value, kind) {
    const made = element("label", label);
    const input = element(kind || "input");
    input.value = value;
    input.autocomplete = "off";
    input.maxLength = 20000;
    made.append(input);
    const shown = input.value; // a field of one line leaves line breaks out
    return { made, input, read: () => (input.value === shown ? value : clean(input.value)) };
  }

  /** A list of names: each can be taken away, new ones are typed below; `tell` is told why one is
      none. */
  function names(label, given, visible, tell) {
    const kept = [...given];
    const made = element("fieldset");
    const list = element("ul", undefined, "names");
    const input = element("input");
    input.setAttribute("list", "names");
    input.setAttribute("aria-label", `Add to: ${label}`);
    input.placeholder = "add a name, then Enter";
    input.autocomplete = "off";
    input.maxLength = 200;
    function draw() {
      list.replaceChildren(...kept.map((name, at) => {
        const entry = element("li");
        const button = element("button", `${visible(name)} \u00d7`);
        button.type = "button";
        button.setAttribute("aria-label", `Remove ${visible(name)} from: ${label}`);
        button.addEventListener("click", () => {
          kept.splice(at, 1);
          draw();
          input.focus();
        });
        entry.append(button);
        return entry;
      }));
    }
    /** Take over what is typed; returns why that cannot be. */
    function add() {
      const name = clean(input.value).toLowerCase();
      const fault = name && nameFault(name);
      if (fault) return fault;
      input.value = "";
      if (name && !kept.includes(name)) kept.push(name);
      draw();
      return "";
    }
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
      event.preventDefault();
      tell(add());
    });
    draw();
    made.append(element("legend", label), list, input);
    return { made, add, kept };
  }

  function ofFixation(item, original, visible, tell) {
    const gazed = field("Looked at", item.gazed || "");
    gazed.input.setAttribute("list", "names");
    const beside = names("Also in the circle", item.beside, visible, tell);
    const outside = names("In view outside the circle", item.outside, visible, tell);
    const known = [original.gazed, ...original.beside, ...original.outside];
    function read() {
      const name = gazed.read();
      if (!name) return { fault: "Name what was looked at, or reject the fixation." };
      const fault = (known.includes(name) ? "" : nameFault(name)) || beside.add() || outside.add();
      if (fault) return { fault };
      const now = { gazed: known.includes(name) ? name : name.toLowerCase(), beside: beside.kept, outside: outside.kept };
      return { now };
    }
    return { parts: [gazed.made, beside.made, outside.made], read };
  }

  function ofQuestion(item, original) {
    const text = field("Question", item.text, "textarea");
    const answer = field("Right answer", item.answer);
    const wrong = item.wrong.map((one, at) => field(`Wrong option ${at + 1}`, one));
    const points = element("fieldset");
    points.append(element("legend", "Should alert"));
    const boxes = item.points.map(([seconds, alert]) => {
      const label = element("label", undefined, "check");
      const box = element("input");
      box.type = "checkbox";
      box.checked = alert;
      label.append(box, `at ${seconds} s`);
      points.append(label);
      return box;
    });
    const proactive = item.points.length > 0;
    function read() {
      const now = { text: text.read() };
      const unfit = now.text === original.text ? "" : textFault(now.text, original.text);
      if (unfit) return { fault: unfit };
      if (proactive) {
        now.points = item.points.map(([seconds], at) => [seconds, boxes[at].checked]);
        const first = now.points.findIndex(([, alert]) => alert);
        const falls = first >= 0 && now.points.slice(first).some(([, alert]) => !alert);
        if (item.means === "already_seen" && falls) return { fault: "What was already seen stays seen: alerts come last." };
        return { now };
      }
      now.answer = answer.read();
      now.wrong = wrong.map((one) => one.read());
      const fault = optionsFault([now.answer, ...now.wrong], [original.answer, ...original.wrong]);
      return fault ? { fault } : { now };
    }
    const parts = proactive ? [text.made, points] : [text.made, answer.made, ...wrong.map((one) => one.made)];
    return { parts, read };
  }

  /** The form of an item as it now reads; `original` is how it was shown first.
      `save` is told the changed fields, {} when there is no change. */
  function form(item, original, visible, save, leave) {
    const made = element("form", undefined, "form");
    made.noValidate = true;
    made.setAttribute("aria-label", "Edit");
    const fault = element("p", "", "fault");
    fault.setAttribute("role", "alert");
    const tell = (words) => { fault.textContent = words; };
    const inner = item.kind === "fixation" ? ofFixation(item, original, visible, tell) : ofQuestion(item, original);
    const buttons = element("div", undefined, "buttons");
    const keep = element("button", "Save ", "save");
    keep.append(element("kbd", "Ctrl Enter"));
    const back = element("button", "Cancel ");
    back.append(element("kbd", "Esc"));
    back.type = "button";
    buttons.append(keep, back);
    made.append(...inner.parts, fault, buttons);
    function submit() {
      const { now, fault: words } = inner.read();
      fault.textContent = words || "";
      if (words) return;
      const changed = {};
      Object.keys(now).forEach((name) => {
        if (!same(now[name], original[name])) changed[name] = now[name];
      });
      save(changed);
    }
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    made.addEventListener("keydown", (event) => {
      if (event.key === "Escape") leave();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    back.addEventListener("click", leave);
    return made;
  }

  Object.assign(page, { element, form });
})();
