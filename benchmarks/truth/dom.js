// What is really visible on this page, in CSS pixels of the viewport. Evaluates to an object.
(() => {
  const MIN_SHARE = 0.6; // of its area must be visible for a thing to count
  const viewport = {left: 0, top: 0, right: innerWidth, bottom: innerHeight};
  const collapse = (text) => (text || "").replace(/\s+/g, " ").trim();

  function intersect(a, b) {
    const box = {left: Math.max(a.left, b.left), top: Math.max(a.top, b.top),
                 right: Math.min(a.right, b.right), bottom: Math.min(a.bottom, b.bottom)};
    return box.left < box.right && box.top < box.bottom ? box : null;
  }
  const area = (box) => (box.right - box.left) * (box.bottom - box.top);

  // The part of a rectangle that no ancestor and not the viewport cuts off.
  function clipped(element, rect) {
    let box = intersect(rect, viewport);
    for (let a = element; box && a && a !== document.body; a = a.parentElement) {
      const style = getComputedStyle(a);
      if (a !== element && style.overflow !== "visible") box = intersect(box, a.getBoundingClientRect());
      if (style.position === "fixed") break;
    }
    return box;
  }

  // Whether a rectangle of an element can be seen: not cut, and nothing lies on its middle.
  function shown(element, rect) {
    if (rect.width < 2 || rect.height < 2) return null;
    const box = clipped(element, rect);
    if (!box || area(box) < MIN_SHARE * rect.width * rect.height) return null;
    const top = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    if (!top || !(element === top || element.contains(top) || top.contains(element))) return null;
    if (Number(getComputedStyle(element).opacity) < 0.1) return null;
    return [box.left, box.top, box.right, box.bottom];
  }
  const boxes = (element) =>
    [...element.getClientRects()].map((rect) => shown(element, rect)).filter(Boolean);

  const words = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (["SCRIPT", "STYLE", "OPTION", "NOSCRIPT", "TEXTAREA"].includes(parent.tagName)) continue;
    for (const match of node.data.matchAll(/\S+/g)) {
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const rects = [...range.getClientRects()].filter((rect) => rect.width > 0);
      if (rects.length !== 1) continue; // broken over lines
      const box = shown(parent, rects[0]);
      // A word that is cut cannot be read in full.
      if (box && area(clipped(parent, rects[0])) > 0.95 * rects[0].width * rects[0].height)
        words.push({text: match[0], box, exact: true});
    }
  }
  const write = (text, box) => {
    for (const word of collapse(text).split(" ")) if (word) words.push({text: word, box, exact: false});
  };

  const TEXT_INPUTS = ["text", "email", "search", "tel", "url", "number", "password", "date"];
  const ROLES = {button: "button", tab: "tab", menuitem: "menu item", checkbox: "checkbox",
                 switch: "checkbox", radio: "radio", combobox: "combobox", slider: "slider",
                 textbox: "field", link: "link"};
  function kindOf(element) {
    const role = element.getAttribute("role");
    if (role in ROLES) return ROLES[role];
    switch (element.tagName) {
      case "A": return element.hasAttribute("href") ? "link" : null;
      case "BUTTON": case "SUMMARY": return "button";
      case "TEXTAREA": return "field";
      case "SELECT": return element.size > 1 || element.multiple ? null : "combobox";
      case "INPUT":
        if (TEXT_INPUTS.includes(element.type)) return "field";
        if (["button", "submit", "reset"].includes(element.type)) return "button";
        return {checkbox: "checkbox", radio: "radio", range: "slider"}[element.type] || null;
      default: return element.isContentEditable ? "field" : null;
    }
  }

  // The text of a label without that of the control in it.
  function labelText(label) {
    const copy = label.cloneNode(true);
    copy.querySelectorAll("select, textarea, script, style").forEach((inner) => inner.remove());
    return collapse(copy.textContent);
  }
  function name(element, kind) {
    const hidden = collapse(element.getAttribute("aria-label") || element.title);
    if (["button", "link", "tab", "menu item"].includes(kind)) {
      const own = collapse(element.tagName === "INPUT" ? element.value : element.innerText);
      // A sign alone, such as a star or a cross, is an icon: nobody asks for it by that.
      return /[\p{L}\p{N}]/u.test(own) ? [own, true] : [hidden || own, false];
    }
    const labels = [...(element.labels || [])].filter((label) => boxes(label).length);
    if (labels.length) return [labelText(labels[0]), true];
    const by = document.getElementById(element.getAttribute("aria-labelledby"));
    if (by && boxes(by).length) return [collapse(by.innerText), true];
    if (["checkbox", "radio"].includes(kind) && collapse(element.innerText))
      return [collapse(element.innerText), true];
    if (element.placeholder && !element.value) return [collapse(element.placeholder), true];
    return [hidden, false];
  }

  const elements = [];
  const seen = "a[href], button, summary, input, select, textarea, [contenteditable=true], [role]";
  for (const element of document.querySelectorAll(seen)) {
    let kind = kindOf(element);
    if (!kind || element.closest("[aria-hidden=true], [inert]")) continue;
    const hits = boxes(element);
    // What toggles a check mark: its label too, which may be all there is to see of it.
    if (["checkbox", "radio"].includes(kind))
      for (const label of element.labels || []) hits.push(...boxes(label));
    if (!hits.length) continue;
    const [label, visible] = name(element, kind);
    if (!visible && ["button", "link"].includes(kind)) kind = "icon";
    elements.push({kind, label, visible, hits});
    // A password is dots, and a date is written as the language has it.
    if (kind === "field" && !["password", "date"].includes(element.type)) {
      const text = element.value ?? "";
      const first = element.tagName === "TEXTAREA" ? "" : text;
      write(first || (text ? "" : element.placeholder), hits[0]);
    }
    if (element.tagName === "SELECT") write(element.selectedOptions[0]?.text, hits[0]);
    if (element.tagName === "INPUT" && kind === "button") write(element.value, hits[0]);
  }
  return {words, elements, width: innerWidth, height: innerHeight};
})()
