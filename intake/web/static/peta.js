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

function show({ since, counts, levels }, most) {
  const number = Number(time.value);
  const begin = since[number];
  spots.toggleAttribute("hidden", begin !== undefined);
  tiles.forEach((tile, at) => {
    const title = tile.querySelector("title");
    if (begin === undefined) {
      const [kind, words] = whole.get(tile);
      tile.setAttribute("class", kind);
      title.textContent = words;
    } else {
      const count = counts[number][at];
      tile.setAttribute("class", `l${level(count, most, levels)}`);
      title.textContent = `${tile.dataset.name}: ${count}`;
    }
  });
  said.textContent = begin === undefined
    ? said.dataset.all
    : new Date(begin).toLocaleString(document.documentElement.lang, lasting);
}

async function begin() {
  const answer = await fetch(`${slider.dataset.address}?${new URLSearchParams(new FormData(form))}`);
  if (!answer.ok) return;
  // Counts stand in the order of the tiles.
  const steps = await answer.json();
  const most = Math.max(1, ...steps.counts.flat());
  time.addEventListener("input", () => show(steps, most));
  slider.hidden = false;
}

begin().catch(() => {});
