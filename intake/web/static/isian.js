// Shows what is wrong with a form before it is sent: beside each field, and as a list on top.
export function show(form, summary, found) {
  for (const old of form.querySelectorAll(".error")) old.remove();
  for (const old of form.querySelectorAll("[aria-invalid]")) old.removeAttribute("aria-invalid");
  const list = document.createElement("ul");
  for (const [input, words] of found) {
    const id = `${input.id}-error`;
    if (!document.getElementById(id)) {
      const said = document.createElement("p");
      said.className = "error";
      said.id = id;
      said.textContent = words;
      input.before(said);
    }
    input.setAttribute("aria-invalid", "true");
    const described = (input.getAttribute("aria-describedby") ?? "").split(/\s+/).filter((one) => one && one !== id);
    input.setAttribute("aria-describedby", [...described, id].join(" "));
    const link = document.createElement("a");
    link.href = `#${input.id}`;
    link.textContent = words;
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  summary.querySelector("ul").replaceWith(list);
  summary.querySelector("h2").textContent = summary.dataset.title.replace("#", String(found.length));
  summary.hidden = false;
}

// What can be said about text and files without asking the server; `kinds` are the media types that are taken.
export function problems(text, files, kinds) {
  const found = [];
  const written = text.value.trim().length;
  if (written === 0) found.push([text, text.dataset.missing]);
  else if (written < Number(text.dataset.least)) found.push([text, text.dataset.short]);
  const chosen = [...files.files];
  if (chosen.length > Number(files.dataset.most)) found.push([files, files.dataset.many]);
  if (chosen.some((one) => one.size > Number(files.dataset.bytes))) found.push([files, files.dataset.large]);
  if (chosen.some((one) => one.type && !kinds.test(one.type))) found.push([files, files.dataset.type]);
  return found;
}
