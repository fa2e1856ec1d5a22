// The receipt's print button; without scripts Ctrl+P does the same.
const button = document.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => window.print());
if (document.querySelector(".receipt")) button.focus();
