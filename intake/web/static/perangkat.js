// The list of what lies on this device, each entry with its mark and what can be done with it.
import { clock } from "./sementara.js";
import * as store from "./simpan.js";

// Draw `clerk`'s entries into `board`. What was sent is gone on the next day. `hidden(entry)` leaves one out;
// `print(id)` and `mend(id)` are what its button does.
export async function list(board, clerk, { hidden, print, mend }) {
  const today = new Date().toDateString();
  const shown = [];
  for (const one of await store.entries(clerk)) {
    if (one.state === "sent" && new Date(one.sentAt).toDateString() !== today) await store.remove(one.id);
    else if (one.state !== "draft" && !hidden(one)) shown.unshift(one);
  }
  board.hidden = shown.length === 0;
  board.querySelector("ul").replaceChildren(...shown.map((one) => row(one, board.dataset, { print, mend })));
}

function row(entry, words, { print, mend }) {
  const item = document.createElement("li");
  const name = document.createElement("strong");
  const state = document.createElement("span");
  name.className = "number";
  name.textContent = entry.ticket || words.none;
  state.className = `state ${entry.state}`;
  state.textContent = entry.state === "sent" ? words.sent.replace("#", clock(entry.sentAt)) : words[entry.state];
  item.append(name, ` ${clock(entry.at)} `, state);
  if (entry.state === "sent" && entry.ticket) {
    const link = document.createElement("a");
    link.href = `/loket/tanda-terima/${entry.ticket}`;
    link.textContent = words.receipt;
    item.append(link);
  } else if (entry.state !== "sent") {
    const wrong = entry.state === "wrong";
    const button = document.createElement("button");
    [button.type, button.className] = ["button", "link"];
    button.textContent = wrong ? words.mend : words.print;
    button.setAttribute("aria-label", `${button.textContent}: ${name.textContent}`);
    button.addEventListener("click", () => void (wrong ? mend(entry.id) : print(entry.id)));
    item.append(button);
  }
  return item;
}
