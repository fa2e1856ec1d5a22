// A line that finds one of many: type two letters, choose by arrow keys, Enter or touch (ARIA APG, editable combobox
// with list autocomplete). Its choices stand in the line's <datalist>, so without this file the browser offers them.
const fold = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

// How well `label` answers `typed` (both folded): 0 its beginning, 1 a word's beginning, 2 inside a word, -1 not at all.
function rank(label, typed) {
  const at = label.indexOf(typed);
  if (at === 0) return 0;
  if (label.includes(` ${typed}`)) return 1;
  if (at > 0) return 2;
  const words = label.split(/[^\p{L}\p{N}]+/u);
  return typed.split(/\s+/).every((part) => words.some((word) => word.startsWith(part))) ? 1 : -1;
}

// Turns `input` with its list into a combobox; returns {close}. A choice fires "input" and "change" on the input.
// Among equals, labels that end with `near` come first. With `ready` the first one is marked, so that Tab takes it.
export function combobox(input, { least = 2, most = 8, bare = (label) => label.split(",")[0], near = "", ready = false } = {}) {
  const source = document.getElementById(input.getAttribute("list"));
  const choices = [...source.options].map(({ value }) => ({ value, folded: fold(value), name: fold(bare(value)), near: near !== "" && value.endsWith(near) }));
  const list = document.createElement("ul");
  list.id = `${input.id}-pilihan`;
  list.className = "choices-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0].firstChild.textContent.trim());
  list.hidden = true;
  const count = document.createElement("span");
  count.className = "visually-hidden";
  count.setAttribute("role", "status");
  const frame = document.createElement("div");
  frame.className = "combobox";
  const focused = document.activeElement === input || (input.autofocus && document.activeElement === document.body);
  input.replaceWith(frame);
  frame.append(input, list, count);
  if (focused) input.focus();
  input.removeAttribute("list");
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) {
    input.setAttribute(name, value);
  }
  let marked = -1;

  function mark(at) {
    marked = at;
    for (const [number, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(number === at));
    if (at < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at].scrollIntoView({ block: "nearest" });
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    mark(-1);
  }

  function choose(value) {
    input.value = value;
    close();
    input.dispatchEvent(new Event("input", { bubbles: true }));
    close();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function offer() {
    const typed = fold(input.value);
    const found = typed.length < least ? [] : choices
      .map((one) => [rank(one.folded, typed), one])
      .filter(([place]) => place >= 0)
      .sort(([a, one], [b, other]) => a - b || other.near - one.near || one.name.length - other.name.length || one.folded.localeCompare(other.folded))
      .slice(0, most);
    list.replaceChildren(...found.map(([, one], at) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${at}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.textContent = one.value;
      item.addEventListener("pointerdown", (event) => event.preventDefault()); // the line keeps the focus
      item.addEventListener("click", () => choose(one.value));
      return item;
    }));
    marked = -1;
    input.removeAttribute("aria-activedescendant");
    list.hidden = found.length === 0 || (found.length === 1 && found[0][1].value === input.value);
    input.setAttribute("aria-expanded", String(!list.hidden));
    count.textContent = list.hidden ? "" : String(found.length);
    if (ready && !list.hidden) mark(0);
  }

  input.addEventListener("input", offer);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const shown = list.children.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) offer();
      if (list.hidden) return;
      mark(event.key === "ArrowDown" ? (marked + 1) % shown : (Math.max(marked, 0) + shown - 1) % shown);
    } else if (list.hidden) {
      return;
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault(); // takes the best when none is marked
      event.stopPropagation();
      choose(list.children[Math.max(marked, 0)].textContent);
    } else if (event.key === "Tab" && !event.shiftKey && marked >= 0) {
      choose(list.children[marked].textContent);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
  });
  return { close };
}
