// Where in Jakarta: which kelurahan a position lies in, and the map to choose one on. Fetched when first needed; the
// map comes from this gateway alone, and no position ever leaves the device before the form is sent.
const SVG = "http://www.w3.org/2000/svg";
const fetched = new Map();

// The regions at `address`, asked for once: {width, height, frames, areas: [{code, name, kecamatan, kota, label, d}]}.
export function regions(address) {
  if (!fetched.has(address)) {
    const asked = fetch(address).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))));
    asked.catch(() => fetched.delete(address));
    fetched.set(address, asked);
  }
  return fetched.get(address);
}

function project(frames, latitude, longitude) {
  for (const { west, south, east, north, left, top, across, down } of frames) {
    if (longitude >= west && longitude <= east && latitude >= south && latitude <= north) {
      return [left + (longitude - west) * across, top + (north - latitude) * down];
    }
  }
  return null;
}

// Whether the point lies inside of the rings of a path of M, L and Z, by the even-odd rule.
function inside(path, x, y) {
  let odd = false;
  for (const ring of path.split("M").slice(1)) {
    const points = ring.replace("Z", "").split("L").map((point) => point.split(" ").map(Number));
    for (let at = 0, last = points.length - 1; at < points.length; last = at, at += 1) {
      const [[ax, ay], [bx, by]] = [points[at], points[last]];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
    }
  }
  return odd;
}

// The kelurahan of a position; null where none is.
export function areaAt({ frames, areas }, latitude, longitude) {
  const point = project(frames, latitude, longitude);
  return (point && areas.find(({ d }) => inside(d, ...point))) ?? null;
}

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  parent.append(made);
  return made;
}

// Draws the map into `box`: first a kecamatan is chosen, then, larger, its kelurahan; by touch, pointer or arrow keys.
// `chosen(area)` is called with what was chosen; `words` are {label, first, second}.
export function draw(box, { width, height, areas }, words, chosen) {
  const svg = box.querySelector("svg") ?? document.createElementNS(SVG, "svg");
  const said = box.querySelector("[role=status]");
  const back = box.querySelector("[data-back]");
  svg.replaceChildren();
  for (const [key, value] of [["class", "map choosing"], ["role", "listbox"], ["tabindex", "0"], ["aria-label", words.label]]) svg.setAttribute(key, value);
  const groups = new Map();
  for (const area of areas) {
    const group = groups.get(area.kecamatan) ?? element("g", { class: `m${groups.size % 4}` }, svg);
    groups.set(area.kecamatan, group);
    area.drawn = element("path", { d: area.d }, group);
    group.areas = [...(group.areas ?? []), area];
  }
  said.before(svg);
  let items = [];
  let here = null;

  // What may be chosen now: its elements, with their names and what follows.
  function offer(list, view) {
    for (const { drawn } of items) {
      for (const name of ["role", "aria-label", "aria-selected", "id"]) drawn.removeAttribute(name);
      drawn.classList.remove("here");
    }
    for (const old of svg.querySelectorAll("text")) old.remove();
    items = list;
    svg.setAttribute("viewBox", view.join(" "));
    for (const [number, one] of items.entries()) {
      for (const [key, value] of [["role", "option"], ["aria-label", one.name], ["aria-selected", "false"], ["id", `peta-${number}`]]) one.drawn.setAttribute(key, value);
      const { x, y, width: wide, height: high } = one.drawn.getBBox();
      one.at = [x + wide / 2, y + high / 2];
    }
    here = null;
    svg.removeAttribute("aria-activedescendant");
  }

  function whole() {
    svg.classList.remove("near");
    for (const group of groups.values()) group.classList.remove("open");
    offer([...groups].map(([name, drawn]) => ({ name, drawn, next: () => near(name, drawn) })), [0, 0, width, height]);
    said.textContent = words.first;
    back.hidden = true;
  }

  function near(name, group) {
    svg.classList.add("near");
    group.classList.add("open");
    svg.append(group);
    const { x, y, width: wide, height: high } = group.getBBox();
    const side = Math.max(wide, high * (width / height)) * 1.15;
    const view = [x + wide / 2 - side / 2, y + high / 2 - (side * height) / width / 2, side, (side * height) / width];
    offer(group.areas.map((area) => ({ name: area.name, drawn: area.drawn, next: () => chosen(area) })), view);
    for (const { name: words_, at } of items) {
      const text = element("text", { x: at[0], y: at[1], "font-size": (side / width) * 22 }, group);
      text.textContent = words_;
      text.setAttribute("aria-hidden", "true");
    }
    said.textContent = words.second.replace("#", name);
    back.hidden = false;
  }

  function look(one) {
    here?.drawn.classList.remove("here");
    here?.drawn.setAttribute("aria-selected", "false");
    here = one;
    one.drawn.classList.add("here");
    one.drawn.setAttribute("aria-selected", "true");
    svg.setAttribute("aria-activedescendant", one.drawn.id);
    said.textContent = one.name;
  }

  const of = (target) => items.find(({ drawn }) => drawn === target || drawn.contains(target));
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  // The nearest one in a direction: what lies aside counts double.
  function toward([across, down]) {
    const from = here ? here.at : null;
    if (!from) return items[0];
    let best = here, least = Infinity;
    for (const one of items) {
      const [x, y] = [one.at[0] - from[0], one.at[1] - from[1]];
      const along = x * across + y * down;
      const aside = Math.abs(x * down) + Math.abs(y * across);
      if (one !== here && along > 0 && along + aside * 2 < least) [best, least] = [one, along + aside * 2];
    }
    return best;
  }

  svg.onpointermove = (event) => { const one = of(event.target); if (one && one !== here) look(one); };
  svg.onclick = (event) => of(event.target)?.next();
  svg.onkeydown = (event) => {
    if (event.key in ways) look(toward(ways[event.key]));
    else if ((event.key === "Enter" || event.key === " ") && here) here.next();
    else if (event.key === "Escape" && !back.hidden) whole();
    else return;
    event.preventDefault();
  };
  back.onclick = () => { whole(); svg.focus(); };
  whole();
  svg.focus();
}
