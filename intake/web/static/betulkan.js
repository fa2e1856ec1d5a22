// The correction's kelurahan is found by two letters, as on the desk's form.
import { combobox } from "./pilihan.js";

combobox(document.getElementById("kelurahan"), { ready: true });
