// The report is stored: its draft may go. The print button; without scripts Ctrl+P does the same.
sessionStorage.removeItem("lapor");
const button = document.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => window.print());
