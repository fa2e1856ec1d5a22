// Before a clerk signs out: nothing of theirs stays in this browser, and nothing unsent goes without a question.
import * as store from "./simpan.js";

const form = document.querySelector("form[action='/keluar']");
const dialog = document.getElementById("tanya-keluar");
let asked = false;

async function leave(wipe) {
  try {
    await store.leave(wipe);
  } catch { /* a browser that keeps nothing has nothing to wipe */ }
  asked = true;
  form.requestSubmit();
}

form?.addEventListener("submit", async (event) => {
  if (asked) return;
  event.preventDefault();
  const count = await store.unsent().catch(() => 0);
  if (count === 0) return leave(true);
  dialog.querySelector("h2").textContent = dialog.dataset.title.replace("#", String(count));
  dialog.showModal();
});

dialog?.addEventListener("close", () => {
  if (dialog.returnValue === "keep") void leave(false);
  if (dialog.returnValue === "wipe") void leave(true);
  dialog.returnValue = "";
});
