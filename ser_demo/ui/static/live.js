// The tab "Live": lends the microphone, keeps the recording in this browser, and shows what the server hears in it.
// Gradio runs this once, with `element`, `props`, `server`, `upload`, `trigger` and `watch`.

const CHUNK = 0.25; // seconds between two questions to the server, which waits for no answer longer than it takes
const KEEP_ALIVE = 15000; // milliseconds between empty questions while paused
const QUIET = 0.0005; // loudest sample below which nothing comes from the microphone (-66 dB of full scale)
const QUIET_SECONDS = 3;
const LATE = 1500; // milliseconds of waiting for an answer from which the server is called busy

// Runs beside the page, in the sound's own thread: hands on 2048 samples at a time.
const TAP = `
  registerProcessor("ser-tap", class extends AudioWorkletProcessor {
    constructor() { super(); this.block = new Float32Array(2048); this.filled = 0; }
    process([[samples]]) {
      if (!samples) return true;
      this.block.set(samples, this.filled);
      this.filled += samples.length;
      if (this.filled === this.block.length) { this.port.postMessage(this.block.slice()); this.filled = 0; }
      return true;
    }
  });`;

// Which buttons each state offers.
const BUTTONS = {
  idle: ["start"], asking: [], listening: ["pause", "stop"], paused: ["resume", "stop"],
  stopped: ["keep", "discard"], keeping: [],
};

let state = "idle";
let note = "idle"; // the sentence shown, one of data-words; or, from the server, `said`, by language
let said = null;
let shown = null; // what the server drew last
let shownIn = null; // and in which language
let moment = null; // what it knew in the end
let stream, context, model, ticket, rate, pieces, sent, count, level, lastSound, asking, askedAt, keepAlive;

const find = (name) => element.querySelector(`[data-live="${name}"]`);
const frame = () => element.querySelector(".ser-live");
const language = () => window.serLanguage.current();
const seconds = () => (rate ? count / rate : 0);

const clock = (time) => {
  const whole = Math.floor(time), hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
};

// A recording lies in this page alone: no slip throws it away unasked.
addEventListener("beforeunload", (event) => {
  if (["listening", "paused", "stopped"].includes(state)) event.preventDefault();
});

// Everything on the page follows from the variables above, also after Gradio has drawn the frame anew.
function draw() {
  if (!frame()) return;
  frame().dataset.state = state;
  for (const name of ["start", "pause", "resume", "stop", "keep", "discard"]) {
    find(name).hidden = !BUTTONS[state].includes(name);
  }
  const sentence = said?.[language()] ?? JSON.parse(frame().dataset.words)[note];
  if (find("state").textContent !== sentence) find("state").textContent = sentence;
  drawMeters();
  for (const name of ["now", "line"]) {
    find(name).hidden = !shown;
    find(name).innerHTML = shown ? shown[name] : "";
  }
}

function drawMeters() {
  find("clock").textContent = clock(seconds());
  // -60 dB of full scale to 0 dB, as ears would have it.
  const share = level > 0 ? Math.max(0, Math.min(1, 1 + Math.log10(level) / 3)) : 0;
  find("level").firstElementChild.style.transform = `scaleX(${share.toFixed(3)})`;
  find("level").setAttribute("aria-valuenow", Math.round(100 * share));
}

function become(next, sentence, fromServer = null) {
  const focused = element.contains(document.activeElement);
  [state, note, said] = [next, sentence, fromServer];
  draw();
  // The button that had the focus may be gone: the keyboard goes on with the first that is there.
  if (focused && document.activeElement?.hidden !== false) find(BUTTONS[state][0] ?? "start")?.focus();
}

async function start() {
  [pieces, sent, count, level, lastSound, shown, moment, asking] = [[], 0, 0, 0, 0, null, null, null];
  if (!navigator.mediaDevices?.getUserMedia) return become("idle", "insecure");
  become("asking", "asking");
  try {
    // What makes a call pleasant changes how a voice sounds: loudness is part of an emotion.
    const plain = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    stream = await navigator.mediaDevices.getUserMedia({ audio: plain });
  } catch (error) {
    const why = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "missing" };
    return become("idle", why[error.name] ?? "taken");
  }
  try {
    context = new AudioContext();
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([TAP], { type: "text/javascript" })));
    [model, rate] = [props.model, context.sampleRate];
    const spoken = language();
    const answer = await server.listen({ model, rate, language: spoken });
    if (answer.error) throw answer;
    [ticket, shown, shownIn] = [answer.ticket, answer, spoken];
  } catch (error) {
    release();
    return become("idle", "lost", error.error);
  }
  const tap = new AudioWorkletNode(context, "ser-tap", {
    numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit",
  });
  tap.port.onmessage = ({ data }) => take(data);
  context.createMediaStreamSource(stream).connect(tap);
  stream.getAudioTracks()[0].addEventListener("ended", () => stop("unplugged"));
  become("listening", "waiting");
}

function take(samples) {
  if (state !== "listening") return;
  let peak = 0;
  const piece = Int16Array.from(samples, (sample) => {
    peak = Math.max(peak, Math.abs(sample));
    return Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
  });
  pieces.push(piece);
  count += piece.length;
  level = Math.max(peak, 0.8 * level);
  if (peak >= QUIET) lastSound = seconds();
  drawMeters();
  if (seconds() >= Number(frame().dataset.longest)) stop("full");
  else if ((count - sent) / rate >= CHUNK) ask();
}

// The samples that the server has not heard yet, as base64 of 16-bit numbers.
function unheard() {
  const fresh = [];
  let have = count;
  for (let i = pieces.length - 1; have > sent; i -= 1) {
    fresh.unshift(pieces[i]);
    have -= pieces[i].length;
  }
  let text = "";
  for (const piece of fresh) text += String.fromCharCode(...new Uint8Array(piece.buffer));
  return btoa(text);
}

// One question at a time: where the server is slow, the next one brings more.
function ask() {
  if (!asking) {
    const mine = question().finally(() => {
      if (asking === mine) asking = null; // not the first question of the next recording
      catchUp();
    });
    asking = mine;
  } else if (performance.now() - askedAt > LATE && note !== "slow") become(state, "slow");
}

async function question() {
  askedAt = performance.now();
  const [mine, until, began, spoken] = [ticket, count, askedAt, language()];
  try {
    const answer = await server.hear({ model, ticket, samples: unheard(), language: spoken });
    if (mine !== ticket) return;
    if (answer.error) return stop("lost", answer.error);
    sent = until;
    if (state === "stopped") return;
    show(answer, spoken);
    requestAnimationFrame(() => performance.measure("ser-live", { start: began, end: performance.now() }));
  } catch {
    if (mine === ticket) stop("lost");
  }
}

function show(answer, spoken) {
  [shown, shownIn] = [answer, spoken];
  if (state === "listening") {
    const isSilent = seconds() - lastSound >= QUIET_SECONDS;
    note = isSilent ? "silent" : answer.is_speech ? "listening" : "waiting";
  }
  draw();
}

function pause() {
  context.suspend();
  level = 0;
  keepAlive = setInterval(ask, KEEP_ALIVE);
  become("paused", "paused");
}

function resume() {
  clearInterval(keepAlive);
  lastSound = seconds();
  context.resume();
  become("listening", "listening");
}

async function stop(why = "stopped", fromServer = null) {
  if (state !== "listening" && state !== "paused") return;
  release();
  if (!count) {
    shown = null;
    return become("idle", why === "stopped" ? "idle" : why, fromServer);
  }
  become("stopped", why, fromServer);
  if (why === "lost") return;
  const mine = ticket;
  try {
    await asking; // it may bring part of what is missing
    const samples = mine === ticket ? unheard() : ""; // or else what is there is another recording's
    if (samples) await server.hear({ model, ticket: mine, samples, language: language() });
    const spoken = language();
    const answer = await server.finish({ model, ticket: mine, language: spoken });
    if (mine !== ticket || state !== "stopped" || answer.error) return;
    moment = answer.moment;
    show(answer, spoken);
    catchUp();
  } catch { /* what was shown last stays */ }
}

// What the server drew follows the visitor's language with its next answer; where none would come, one is asked for here.
async function catchUp() {
  const spoken = language();
  if (shownIn === spoken || asking) return;
  if (state === "paused") ask();
  if (state !== "stopped" || !moment) return;
  const mine = ticket;
  const answer = await server.translate({ model, moment, language: spoken });
  if (mine === ticket && state === "stopped" && !answer.error && spoken === language()) show(answer, spoken);
}

// The microphone's light goes out.
function release() {
  clearInterval(keepAlive);
  stream?.getTracks().forEach((track) => track.stop());
  context?.close();
  [stream, context, level] = [null, null, 0];
}

function wav() {
  const bytes = 2 * count;
  const head = new DataView(new ArrayBuffer(44));
  const write = (at, text) => [...text].forEach((letter, i) => head.setUint8(at + i, letter.charCodeAt(0)));
  write(0, "RIFF"); head.setUint32(4, 36 + bytes, true); write(8, "WAVEfmt ");
  head.setUint32(16, 16, true); head.setUint16(20, 1, true); head.setUint16(22, 1, true);
  head.setUint32(24, rate, true); head.setUint32(28, 2 * rate, true);
  head.setUint16(32, 2, true); head.setUint16(34, 16, true);
  write(36, "data"); head.setUint32(40, bytes, true);
  const now = new Date(), two = (number) => String(number).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return new File([head, ...pieces], `live-${day}-${two(now.getHours())}${two(now.getMinutes())}.wav`, { type: "audio/wav" });
}

// The server puts the recording into the other tab, and then says so by one of two events.
async function keep() {
  become("keeping", "keeping");
  try {
    const { path } = await upload(wav());
    trigger("keep", { path });
  } catch {
    become("stopped", "failed");
  }
}

window.addEventListener("ser-live-kept", () => {
  forget();
  become("idle", "kept");
});
window.addEventListener("ser-live-failed", () => become("stopped", "failed"));

function discard() {
  forget();
  become("idle", "discarded");
}

function forget() {
  [pieces, count, sent, ticket, shown, moment] = [[], 0, 0, null, null, null];
}

const actions = { start, pause, resume, stop: () => stop(), keep, discard };
element.addEventListener("click", (event) => actions[event.target.closest("[data-live]")?.dataset.live]?.());
watch("value", () => { draw(); catchUp(); });
watch("model", draw);
draw();
