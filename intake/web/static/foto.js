// Photos are shrunk before they leave: at most 1600 pixels, as JPEG. What the camera wrote about time and place goes
// along, for it tells where a complaint is; the picture itself is turned the way it is looked at.
const LONGEST = 1600;
const HEAVY = 600_000; // bytes; a smaller file of few pixels stays as it is
const QUALITY = 0.82;

// The camera's notes (the Exif segment of a JPEG) with the orientation set to "upright"; empty when there are none.
function notes(bytes) {
  const view = new DataView(bytes);
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return new Uint8Array();
  for (let at = 2; at + 10 < view.byteLength && view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const size = 2 + view.getUint16(at + 2);
    if (view.getUint8(at + 1) === 0xda) break;
    if (view.getUint8(at + 1) !== 0xe1 || view.getUint32(at + 4) !== 0x45786966 || at + size > view.byteLength) continue;
    const copy = new Uint8Array(bytes.slice(at, at + size));
    upright(new DataView(copy.buffer));
    return copy;
  }
  return new Uint8Array();
}

function upright(segment) {
  const base = 10;
  try {
    const little = segment.getUint16(base) === 0x4949;
    const first = base + segment.getUint32(base + 4, little);
    const count = segment.getUint16(first, little);
    for (let at = first + 2; at < first + 2 + count * 12; at += 12) {
      if (segment.getUint16(at, little) === 0x0112) segment.setUint16(at + 8, 1, little);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // cut short: it stays as it is
  }
}

function drawn(picture, width, height) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; // JPEG knows no transparency
  pen.fillRect(0, 0, width, height);
  pen.drawImage(picture, 0, 0, width, height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
}

// The file to send: smaller where that helps, the same where it cannot be read or is small already.
async function shrunk(file) {
  if (!/^image\/(jpeg|png|webp|avif|hei[cf]|bmp)$/.test(file.type)) return file;
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file; // this browser does not know the format; the server does
  }
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  if (scale === 1 && file.size <= HEAVY) {
    picture.close();
    return file;
  }
  const blob = await drawn(picture, Math.round(picture.width * scale), Math.round(picture.height * scale));
  picture.close();
  if (!blob || blob.size >= file.size) return file;
  const bytes = await blob.arrayBuffer();
  const kept = notes(await file.arrayBuffer());
  const parts = kept.length > 0 ? [bytes.slice(0, 2), kept, bytes.slice(2)] : [bytes];
  return new File(parts, file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified });
}

// The list of chosen files under its inputs: names, sizes, a small picture, a way to take one out.
export class Photos {
  constructor(list, inputs, changed) {
    [this.list, this.changed, this.files] = [list, changed, []];
    this.busy = Promise.resolve();
    for (const input of inputs) {
      input.addEventListener("change", () => {
        const chosen = [...input.files];
        input.value = "";
        this.busy = this.busy.then(() => this.add(chosen));
      });
    }
    list.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      this.files.splice(Number(button.value), 1);
      this.draw();
      (list.querySelector("button") ?? inputs[0]).focus();
      this.changed();
    });
  }

  async add(chosen) {
    this.list.setAttribute("aria-busy", "true");
    for (const file of chosen) this.files.push(await shrunk(file));
    this.list.removeAttribute("aria-busy");
    this.draw();
    this.changed();
  }

  set(files) {
    this.files = [...files];
    this.draw();
  }

  draw() {
    for (const picture of this.list.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
    this.list.replaceChildren(...this.files.map((file, place) => {
      const item = document.createElement("li");
      const words = document.createElement("span");
      const button = document.createElement("button");
      if (file.type.startsWith("image/")) {
        const picture = document.createElement("img");
        [picture.src, picture.alt] = [URL.createObjectURL(file), ""];
        item.append(picture);
      }
      words.textContent = `${file.name} (${Math.max(1, Math.round(file.size / 1000))} kB)`;
      [button.type, button.className, button.value] = ["button", "link", String(place)];
      button.textContent = this.list.dataset.remove;
      button.setAttribute("aria-label", `${this.list.dataset.remove}: ${file.name}`);
      item.append(words, button);
      return item;
    }));
    this.list.hidden = this.files.length === 0;
  }
}
