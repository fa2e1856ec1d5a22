// Keeps the console's numbers and chart fresh. Without it the page shows them as they were when it was opened.
const state = document.getElementById("sambungan");
const alarms = document.getElementById("alarm");
const chart = document.getElementById("grafik");
const cells = new Map([...document.querySelectorAll("[data-now]")].map((cell) => [cell.dataset.now, cell]));
let drawn = Date.now();

function show(now) {
  for (const [name, cell] of cells) {
    const told = now[name]?.[document.documentElement.lang] ?? now[name];
    const value = told === null ? "–" : String(told);
    if (cell.textContent !== value) cell.textContent = value;
  }
  const told = Object.values(now.alarms).map((one) => one[document.documentElement.lang] ?? one.id);
  const words = JSON.stringify(told);
  if (alarms.dataset.words === words) return;
  alarms.dataset.words = words;
  alarms.replaceChildren();
  if (told.length === 0) return;
  const box = document.createElement("div");
  box.className = "notice bad";
  const title = document.createElement("h2");
  title.textContent = alarms.dataset.title;
  const list = document.createElement("ul");
  for (const { title: what, cure, words: own } of told) {
    const item = document.createElement("li");
    const strong = document.createElement("strong");
    strong.textContent = what;
    const small = document.createElement("small");
    small.lang = "en";
    small.textContent = own;
    item.append(strong, ` ${cure} `, small);
    list.append(item);
  }
  box.append(title, list);
  alarms.append(box);
}

async function redraw() {
  if (Date.now() - drawn < 10_000 || document.hidden) return;
  drawn = Date.now();
  const answer = await fetch(chart.dataset.address);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  chart.replaceChildren(...fresh.body.childNodes);
}

const news = new EventSource("/konsol/langsung");
news.addEventListener("message", (event) => {
  state.textContent = state.dataset.live;
  show(JSON.parse(event.data));
  redraw().catch(() => {});
});
news.addEventListener("error", () => { state.textContent = state.dataset.lost; });
