// Adds the slider through time to the map, and sends the form when a filter is chosen.
const slider = document.getElementById("geser");
const time = document.getElementById("waktu");
const said = document.getElementById("kapan");
const tiles = [...document.querySelectorAll("#wilayah path")];
const whole = new Map(tiles.map((tile) => [tile, [tile.getAttribute("class"), tile.querySelector("title").textContent]]));
const spots = document.getElementById("titik");
const form = document.getElementById("saring");
const lasting = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "Asia/Jakarta" };

for (const choice of form.querySelectorAll("select")) choice.addEventListener("change", () => form.requestSubmit());

function level(count, most, levels) {
  if (count === 0) return 0;
  let found = levels;
  while (found > 1 && count / most <= 0.5 ** (levels - found + 1)) found -= 1;
  return found;
}

function show(steps, levels, most) {
  const number = Number(time.value);
  const step = steps[number];
  spots.toggleAttribute("hidden", step !== undefined);
  for (const tile of tiles) {
    const title = tile.querySelector("title");
    if (step === undefined) {
      const [kind, words] = whole.get(tile);
      tile.setAttribute("class", kind);
      title.textContent = words;
    } else {
      const count = step.counts[tile.dataset.code] ?? 0;
      tile.setAttribute("class", `l${level(count, most, levels)}`);
      title.textContent = `${tile.dataset.name}: ${count}`;
    }
  }
  said.textContent = step === undefined
    ? said.dataset.all
    : new Date(step.since).toLocaleString(document.documentElement.lang, lasting);
}

async function begin() {
  const answer = await fetch(`${slider.dataset.address}?${new URLSearchParams(new FormData(form))}`);
  if (!answer.ok) return;
  const { steps, levels } = await answer.json();
  const most = Math.max(1, ...steps.flatMap((step) => Object.values(step.counts)));
  time.addEventListener("input", () => show(steps, levels, most));
  slider.hidden = false;
}

begin().catch(() => {});
