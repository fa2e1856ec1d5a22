// What an identity card's number says; the same rule as adapters/walkin/nik.py, so that it also holds without network.
export const readRegions = (packed) => new Map(packed.split("|").map((one) => one.split(":")));

function day(year, month, date) {
  const made = new Date(Date.UTC(year, month - 1, date));
  made.setUTCFullYear(year);
  return made.getUTCFullYear() === year && made.getUTCMonth() === month - 1 && made.getUTCDate() === date ? made : null;
}

// `{female, born, region}`, or the part that is wrong: "digits", "region", "date", "serial". `today` is a UTC date.
export function readNik(text, today, regions) {
  const digits = text.replace(/[ .\-\t]/g, "");
  if (!/^[0-9]{16}$/.test(digits)) return "digits";
  if (!regions.has(digits.slice(0, 2)) || digits.slice(2, 4) === "00" || digits.slice(4, 6) === "00") return "region";
  const [date, month, year] = [6, 8, 10].map((at) => Number(digits.slice(at, at + 2)));
  const female = date > 40;
  const now = today.getUTCFullYear();
  const latest = now - (((now - year) % 100) + 100) % 100;
  let born = day(latest, month, female ? date - 40 : date);
  if (born && born > today) born = day(latest - 100, month, born.getUTCDate());
  if (!born) return "date";
  if (digits.slice(12) === "0000") return "serial";
  return { female, born, region: regions.get(digits.slice(0, 6)) ?? regions.get(digits.slice(0, 2)) };
}

// Today's date in Jakarta, as midnight in UTC.
export function today(now = Date.now()) {
  const there = new Date(now + 7 * 3600 * 1000);
  return new Date(Date.UTC(there.getUTCFullYear(), there.getUTCMonth(), there.getUTCDate()));
}

// Says beneath the field what the number says. Returns a question: which part is wrong, "" for none.
export function watch(input, said) {
  const regions = readRegions(said.dataset.regions);
  const tell = (words, wrong) => {
    if (said.textContent !== words) said.textContent = words;
    said.classList.toggle("wrong", wrong);
  };
  const look = (finished) => {
    const digits = input.value.replace(/[ .\-\t]/g, "");
    if (!digits || (digits.length < 16 && !finished)) return tell("", false);
    const found = readNik(digits, today(), regions);
    if (typeof found === "string") return tell(said.dataset[found], true);
    const date = found.born.toLocaleDateString(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" });
    const sex = found.female ? said.dataset.female : said.dataset.male;
    tell(said.dataset.text.replace("#sex", sex).replace("#born", date).replace("#region", found.region), false);
  };
  input.addEventListener("input", () => look(false));
  input.addEventListener("change", () => look(true));
  if (input.value) look(true);
  return () => {
    const found = input.value.trim() === "" ? "" : readNik(input.value, today(), regions);
    return typeof found === "string" ? found : "";
  };
}
