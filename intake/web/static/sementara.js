// The paper for a complaint that was not sent yet. It says so; its ticket, PIN and code hold once it was.
const SVG = "http://www.w3.org/2000/svg";

function code(packed, label) {
  const bytes = Uint8Array.from(atob(packed), (one) => one.charCodeAt(0));
  const size = Math.floor(Math.sqrt(bytes.length * 8));
  let path = "";
  for (let at = 0; at < size * size; at += 1) {
    if (bytes[at >> 3] & (128 >> (at & 7))) path += `M${4 + (at % size)} ${4 + Math.floor(at / size)}h1v1h-1z`;
  }
  const picture = document.createElementNS(SVG, "svg");
  const whole = size + 8;
  for (const [name, value] of Object.entries({
    viewBox: `0 0 ${whole} ${whole}`, class: "qr", role: "img", "aria-label": label, "shape-rendering": "crispEdges",
  })) picture.setAttribute(name, value);
  const back = document.createElementNS(SVG, "rect");
  const dark = document.createElementNS(SVG, "path");
  for (const [name, value] of [["width", whole], ["height", whole], ["fill", "#fff"]]) back.setAttribute(name, value);
  dark.setAttribute("d", path);
  picture.append(back, dark);
  return picture;
}

// Jakarta's hour and day, as the server writes them on its own papers.
const JAKARTA = { timeZone: "Asia/Jakarta" };
export const clock = (at) => new Date(at).toLocaleTimeString("id", { hour: "2-digit", minute: "2-digit", ...JAKARTA });
const day = (at) => new Date(at).toLocaleDateString(document.documentElement.lang === "en" ? "en-GB" : "id", { dateStyle: "long", ...JAKARTA });

// Fill the page's paper with an entry: {ticket, at, paper: {pin, link, qr} | null}; `office` is the office's name.
export function fill(page, entry, office) {
  const put = (name, words) => {
    const cell = page.querySelector(`[data-paper=${name}]`);
    cell.textContent = words;
    cell.parentElement.hidden = !words;
  };
  put("ticket", entry.ticket);
  put("pin", entry.paper?.pin ?? "");
  put("at", `${day(entry.at)}, ${clock(entry.at)} WIB`);
  put("office", office);
  const frame = page.querySelector("[data-paper=code]");
  frame.replaceChildren(...(entry.paper ? [code(entry.paper.qr, frame.dataset.label)] : []));
  for (const one of page.querySelectorAll("[data-with=ticket]")) one.hidden = !entry.paper;
  page.querySelector("[data-with=none]").hidden = Boolean(entry.paper);
}

export function paperSize(page) {
  const choose = (size) => {
    document.body.classList.toggle("thermal", size === "58");
    document.body.classList.toggle("a6", size !== "58");
    for (const one of page.querySelectorAll("[data-size]")) one.setAttribute("aria-pressed", String(one.dataset.size === size));
    try {
      localStorage.setItem("kertas", size);
    } catch { /* this time only */ }
  };
  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-size]");
    if (button) choose(button.dataset.size);
  });
  let before = "a6";
  try {
    before = localStorage.getItem("kertas") ?? before;
  } catch { /* the usual paper */ }
  choose(before);
}
