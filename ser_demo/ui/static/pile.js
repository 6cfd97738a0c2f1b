// Where recordings and folders are dropped or chosen: each file is sent by itself, so that one that the server does not
// take costs nothing else, and is named with the others. Gradio runs this once, with `element`, `upload`, `trigger` and `watch`.

const AT_ONCE = 4; // uploads
const PATIENCE = 8000; // milliseconds after which a server that says nothing locks nothing any more

let chosen = []; // {name, path} of what the server has, {name, why} of what it has not: "large" or "lost"
let sending = null; // {done, total} while files are on their way
let [told, known] = [0, 0]; // changes of `chosen` that the server was told of, and those that it knows of
let note = null; // why something was left out, one of data-words

const find = (name) => element.querySelector(`[data-many="${name}"]`);
const frame = () => element.querySelector(".ser-drop");
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function draw() {
  if (!frame()) return;
  const words = JSON.parse(frame().dataset.words);
  const parts = [];
  if (sending) parts.push(fill(words.sending, sending));
  else if (chosen.length) parts.push(fill(words.chosen, { count: chosen.length }));
  const unsent = chosen.filter((file) => file.why).length;
  if (unsent && !sending) parts.push(fill(words.unsent, { count: unsent }));
  if (note) parts.push(fill(words[note.key], note));
  find("state").textContent = parts.join(" ");
  find("clear").hidden = !chosen.length || sending !== null;
  for (const name of ["choose", "folder"]) find(name).disabled = sending !== null;
  // Until the server knows them, there is nothing to start with. Gradio itself disables the button while it works.
  document.getElementById("ser-many-start")?.toggleAttribute("inert", sending !== null || known < told);
}

function tell() {
  const mine = (told += 1);
  draw();
  trigger("chosen", { files: chosen });
  setTimeout(() => learn(Math.max(known, mine)), PATIENCE);
}

function learn(number) {
  known = Math.min(number, told);
  draw();
}
window.addEventListener("ser-many-told", () => learn(known + 1));

const isRecording = (name) => {
  const suffixes = frame().dataset.suffixes.split(" ");
  return !name.startsWith("._") && suffixes.some((suffix) => name.toLowerCase().endsWith(suffix));
};

// Browsers give a folder's files in any order.
const places = new WeakMap(); // of files that were dropped in a folder
const place = (file) => places.get(file) || file.webkitRelativePath || file.name;
const byName = (a, b) => place(a).localeCompare(place(b), undefined, { numeric: true });

async function add(files, isFolder) {
  if (sending || !files.length) return;
  const { most, bytes } = frame().dataset;
  const wanted = (isFolder ? files.filter((file) => isRecording(file.name)) : files).sort(byName);
  note = null;
  if (!wanted.length) note = { key: "nothing" };
  else if (chosen.length + wanted.length > Number(most)) {
    note = { key: "many", count: chosen.length + wanted.length, most };
    return draw();
  }
  sending = { done: 0, total: wanted.length };
  draw();
  const sent = new Array(wanted.length);
  const waiting = wanted.entries();
  const send = async () => {
    for (const [i, file] of waiting) {
      const name = place(file);
      try {
        sent[i] = file.size > Number(bytes) ? { name, why: "large" } : { name, path: (await upload(file)).path };
      } catch {
        sent[i] = { name, why: "lost" };
      }
      sending.done += 1;
      draw();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  chosen.push(...sent);
  sending = null;
  tell();
}

function clear() {
  [chosen, note] = [[], null];
  tell();
  find("choose").focus();
}

// All files below what was dropped; browsers give a folder's entries by the hundred.
async function filesOf(entry) {
  if (entry.isFile) {
    const file = await new Promise((done) => entry.file(done, () => done(null))); // null: it may not be read
    if (!file) return [];
    places.set(file, entry.fullPath.slice(1));
    return [file];
  }
  const reader = entry.createReader(), found = [];
  for (;;) {
    const part = await new Promise((done) => reader.readEntries(done, () => done([])));
    if (!part.length) break;
    for (const below of part) found.push(...(await filesOf(below)));
  }
  return found;
}

async function drop(event) {
  event.preventDefault();
  frame().classList.remove("ser-over");
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [];
  for (const entry of entries) files.push(...(await filesOf(entry)));
  add(files, entries.some((entry) => entry.isDirectory));
}

element.addEventListener("dragover", (event) => {
  event.preventDefault();
  frame().classList.add("ser-over");
});
element.addEventListener("dragleave", () => frame().classList.remove("ser-over"));
element.addEventListener("drop", drop);
element.addEventListener("click", (event) => {
  const pressed = event.target.closest("button")?.dataset.many;
  if (pressed === "choose") find("files").click();
  if (pressed === "folder") find("directory").click();
  if (pressed === "clear") clear();
});
element.addEventListener("change", (event) => {
  add([...event.target.files], event.target.dataset.many === "directory");
  event.target.value = "";
});
// No slip throws a pile away unasked.
addEventListener("beforeunload", (event) => {
  if (chosen.length) event.preventDefault();
});
watch("value", draw); // the frame in another language
draw();
