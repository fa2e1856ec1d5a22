// Categories that the words may belong to, offered while they are typed. Choosing stays with the clerk.
const PAUSE = 350; // milliseconds without a key
const LEAST = 10; // characters

// `text` and `select` are the form's fields, `row` a toolbar of buttons, `token()` the form's token.
export function suggest(text, select, row, token) {
  const labels = new Map([...select.options].map((option) => [option.value, option.textContent]));
  let timer = 0;
  let asked = "";
  let asking = null;

  function buttons() {
    return [...row.querySelectorAll("button")];
  }

  function mark() {
    for (const one of buttons()) one.setAttribute("aria-pressed", String(one.value === select.value));
  }

  function choose(code) {
    select.value = select.value === code ? "" : code;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function offer(codes) {
    const had = buttons().map((one) => one.value).join();
    const known = codes.filter((code) => labels.has(code));
    if (known.join() === had) return;
    if (row.contains(document.activeElement)) return; // nothing moves under somebody's finger
    const list = row.querySelector("div");
    list.replaceChildren(...known.map((code, place) => {
      const button = document.createElement("button");
      const key = document.createElement("kbd");
      button.type = "button";
      button.className = "chip";
      button.value = code;
      button.tabIndex = place === 0 ? 0 : -1;
      key.textContent = `Alt+${place + 1}`;
      button.append(`${labels.get(code)} `, key);
      return button;
    }));
    row.hidden = known.length === 0;
    mark();
  }

  async function ask() {
    const words = text.value.trim();
    if (words.length < LEAST) return offer([]);
    if (words === asked || !navigator.onLine) return;
    asked = words;
    asking?.abort();
    asking = new AbortController();
    try {
      const body = new URLSearchParams({ csrf: token(), text: words });
      const answer = await fetch("/loket/usul", { method: "POST", body, signal: asking.signal });
      if (answer.ok) offer((await answer.json()).codes);
    } catch {
      asked = ""; // away, or asked anew: the form works without
    }
  }

  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  text.form.addEventListener("keydown", (event) => {
    const place = ["1", "2", "3"].indexOf(event.key);
    const button = buttons()[place];
    if (!event.altKey || !button) return;
    event.preventDefault();
    choose(button.value);
  });
  row.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(button.value);
  });
  row.addEventListener("keydown", (event) => {
    const all = buttons();
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const at = all.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    const next = all[(at + step + all.length) % all.length];
    for (const one of all) one.tabIndex = one === next ? 0 : -1;
    next.focus();
  });
  select.addEventListener("change", mark);
  if (text.value) void ask();
}
