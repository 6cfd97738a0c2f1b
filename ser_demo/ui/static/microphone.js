// Gradio's recorder says nothing where it cannot have the microphone: here the page learns of it, and why.
// Gradio runs this once, with `trigger`.

const WHY = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "missing" };
let failure = null; // of the last time that somebody asked for the microphone
const devices = navigator.mediaDevices; // there is none on pages without https

if (devices) {
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (wanted) => ask(wanted).catch((error) => {
    failure = error;
    throw error;
  });
}

addEventListener("unhandledrejection", (event) => {
  if (!String(event.reason?.message).startsWith("Error accessing the microphone")) return;
  event.preventDefault();
  trigger("refused", { why: devices ? (WHY[failure?.name] ?? "taken") : "insecure" });
});
