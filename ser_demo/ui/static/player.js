// The time line of a recording: waveforms and emotions of every channel, drawn and played by wavesurfer.js.
// The server sends the controls as HTML, the waveform and the blocks (`player.py`); what happens is said here.
import WaveSurfer from "./wavesurfer/wavesurfer.esm.js";
import Hover from "./wavesurfer/hover.esm.js";
import Timeline from "./wavesurfer/timeline.esm.js";

const LANE = 92; // pixels of a channel
const WAVE = 62; // of these for its waveform; emotions lie below
const STEP = 5; // seconds of an arrow key
const LEAP = 30; // seconds of PageUp and PageDown
const ZOOM = 2; // times nearer with each press
const NEAREST = 400; // pixels per second
const AXIS_STEPS = [
  [1, 1], [5, 1], [10, 5], [15, 5], [30, 10], [60, 30], [120, 60], [300, 60], [600, 300], [900, 300], [1800, 600], [3600, 1800],
];
const ROOM_FOR_A_TIME = 60; // pixels
const LETTER = 8; // pixels, at most, of each letter of a time

const clock = (seconds) => {
  const whole = Math.round(seconds);
  const pad = (number) => String(number).padStart(2, "0");
  const [hour, minute, second] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hour ? `${hour}:${pad(minute)}:${pad(second)}` : `${minute}:${pad(second)}`;
};

// A byte holds a level from 0 to 127, and 128 more where there is speech. Without speech a level is negative here.
const levels = (encoded) =>
  Float32Array.from(atob(encoded), (letter) => {
    const byte = letter.charCodeAt(0);
    const level = Math.max((byte & 127) / 127, 0.001);
    return byte & 128 ? level : -level;
  });

const drawWave = ([peaks], context) => {
  const { width, height } = context.canvas;
  const ratio = window.devicePixelRatio || 1;
  const middle = (height * WAVE) / LANE / 2;
  const [bar, step] = [2 * ratio, 3 * ratio];
  for (let x = 0; x < width; x += step) {
    const from = Math.floor((x / width) * peaks.length);
    const to = Math.max(from + 1, Math.floor(((x + step) / width) * peaks.length));
    let [level, speech] = [0, false];
    for (let i = from; i < to && i < peaks.length; i++) {
      level = Math.max(level, Math.abs(peaks[i]));
      speech ||= peaks[i] > 0;
    }
    const half = Math.max(level * (middle - 2 * ratio), ratio / 2);
    context.globalAlpha = speech ? 1 : 0.35;
    context.fillRect(x, middle - half, bar, 2 * half);
  }
};

// Which channels are heard: null for all as they are, or one of them on both ears.
const listenTo = (player, channel, count) => {
  if (channel === null && !player.graph) return;
  if (!player.graph) {
    const context = new AudioContext();
    const splitter = context.createChannelSplitter(count);
    const merger = context.createChannelMerger(2);
    context.createMediaElementSource(player.media).connect(splitter);
    merger.connect(context.destination);
    player.graph = { context, splitter, merger };
  }
  const { context, splitter, merger } = player.graph;
  splitter.disconnect();
  for (let number = 0; number < count; number++) {
    if (channel !== null && channel !== number) continue;
    const ears = channel === null && count === 2 ? [number] : [0, 1];
    for (const ear of ears) splitter.connect(merger, number, ear);
  }
  context.resume();
};

// Seconds between two times on the axis, and between two notches, where a second has so many pixels.
export const axisSteps = (pixels) => AXIS_STEPS.find(([times]) => times * pixels >= ROOM_FOR_A_TIME) ?? AXIS_STEPS.at(-1);

// The last time, where the right edge would cut it, stands on the other side of its notch, if there is room beside the
// one before. Those out of sight are no part of the page, which could measure them.
const keepLastTimeWhole = (timeline) => {
  const times = [...timeline.notchElements].filter(([notch]) => notch.textContent);
  if (times.length < 2) return; // it is 0:00
  const [[, before], [notch, last]] = times.slice(-2);
  const room = notch.textContent.length * LETTER;
  if (last.start + room <= timeline.timelineWrapper.clientWidth) return;
  if (last.start - before.start >= 2 * room) notch.style.direction = "rtl";
  else notch.textContent = "";
};

const axis = () => {
  const options = { height: 22, formatTimeCallback: clock, secondaryLabelOpacity: 1, style: { fontSize: "12px" } };
  const timeline = Timeline.create(options);
  // Its own steps are chosen anew with every zoom, as ours are here, but write the times of an hour over each other.
  timeline.defaultTimeInterval = (pixels) => axisSteps(pixels)[1];
  timeline.defaultPrimaryLabelInterval = timeline.defaultSecondaryLabelInterval = (pixels) => axisSteps(pixels)[0];
  timeline.on("ready", () => keepLastTimeWhole(timeline));
  return timeline;
};

const build = (element, value, trigger, player) => {
  element.innerHTML = value.html;
  const find = (selector) => element.querySelector(selector);
  const names = value.names;
  const wave = find(".ser-wave");
  const colour = (name) => getComputedStyle(wave).getPropertyValue(name).trim();
  const wavesurfer = WaveSurfer.create({
    container: wave,
    media: player.media,
    peaks: value.waveform.map(levels),
    duration: value.duration,
    height: LANE,
    splitChannels: value.waveform.map(() => ({})),
    renderFunction: drawWave,
    waveColor: colour("--ser-wave"),
    progressColor: colour("--ser-played"),
    cursorColor: colour("--ser-cursor"),
    cursorWidth: 2,
    plugins: [
      axis(),
      Hover.create({
        formatTimeCallback: clock, lineColor: colour("--ser-cursor"), labelColor: "#fff", labelBackground: "#1f2937",
        labelSize: 12,
      }),
    ],
  });
  player.wavesurfer = wavesurfer;

  // What is said of a moment, below the pointer or at the cursor.
  const readout = find(".ser-readout");
  let told = "";
  const say = (block) => `${names[block.channel]}: ${block.title}`;
  const at = (seconds) => value.blocks.filter((block) => block.start <= seconds && seconds < block.end);
  const tell = (blocks, otherwise) => { readout.textContent = blocks.map(say).join("  ·  ") || otherwise; };

  // Our own layer instead of wavesurfer's regions, whose handles and listeners cost seconds when there are a thousand.
  const layer = document.createElement("div");
  layer.part = "blocks";
  layer.append(...value.blocks.map((block, number) => {
    const element = document.createElement("div");
    element.part = "block";
    element.textContent = block.label;
    element.title = say(block);
    element.dataset.block = number;
    const [left, length] = [block.start, block.end - block.start].map((seconds) => (100 * seconds) / value.duration);
    element.style.cssText = `left: ${left}%; width: ${length}%; top: ${block.channel * LANE + WAVE}px;
      --fill: ${block.fill}; --text: ${block.text}`;
    return element;
  }));
  wavesurfer.getWrapper().append(layer);
  layer.addEventListener("pointerover", (event) => tell([value.blocks[event.target.dataset.block]]));
  layer.addEventListener("pointerout", () => tell(at(wavesurfer.getCurrentTime()), value.words.pause));

  // Playing
  const button = find(".ser-play");
  const show = (playing) => {
    button.setAttribute("aria-label", playing ? value.words.pauseButton : value.words.play);
    button.classList.toggle("ser-playing", playing);
  };
  const play = () => { player.wanted = true; wavesurfer.play().catch(() => {}); };
  const pause = () => { player.wanted = false; wavesurfer.pause(); };
  button.addEventListener("click", () => (wavesurfer.isPlaying() ? pause() : play()));
  wavesurfer.on("play", () => show(true));
  wavesurfer.on("pause", () => show(false));
  wavesurfer.on("interaction", play);
  const moved = (seconds) => {
    for (const cursor of document.querySelectorAll(".ser-cursor")) cursor.style.left = `${(100 * seconds) / value.duration}%`;
    const now = clock(seconds);
    if (find(".ser-now").textContent === now && told === at(seconds).map(say).join()) return; // most frames change no word
    told = at(seconds).map(say).join();
    find(".ser-now").textContent = now;
    tell(at(seconds), wavesurfer.isPlaying() ? value.words.pause : value.words.hint);
    wave.setAttribute("aria-valuenow", Math.round(seconds));
    wave.setAttribute("aria-valuetext", `${now}, ${readout.textContent}`);
  };
  wavesurfer.on("timeupdate", moved);
  moved(player.media.currentTime);
  show(!player.media.paused);
  player.playFrom = (seconds) => { wavesurfer.setTime(Math.min(seconds, value.duration)); play(); };
  wave.addEventListener("keydown", (event) => {
    const now = wavesurfer.getCurrentTime();
    const to = {
      ArrowRight: now + STEP, ArrowUp: now + STEP, ArrowLeft: now - STEP, ArrowDown: now - STEP,
      PageUp: now + LEAP, PageDown: now - LEAP, Home: 0, End: value.duration,
    }[event.key];
    if (event.key === " " || event.key === "Enter") wavesurfer.isPlaying() ? pause() : play();
    else if (to !== undefined) wavesurfer.setTime(Math.min(Math.max(to, 0), value.duration));
    else return;
    event.preventDefault();
  });

  // Nearer and farther
  const zoom = (factor) => {
    const whole = wave.clientWidth / value.duration;
    const now = Math.max(wavesurfer.options.minPxPerSec, whole);
    wavesurfer.zoom(Math.min(Math.max(now * factor, whole), Math.max(NEAREST, whole)));
  };
  find(".ser-nearer").addEventListener("click", () => zoom(ZOOM));
  find(".ser-farther").addEventListener("click", () => zoom(1 / ZOOM));

  // One channel alone, also after the controls were drawn anew
  for (const choice of element.querySelectorAll(".ser-listen input")) {
    const channel = choice.value === "" ? null : Number(choice.value);
    choice.checked = channel === player.channel;
    choice.addEventListener("change", () => {
      player.channel = channel;
      listenTo(player, channel, names.length);
    });
  }
  listenTo(player, player.channel, names.length);

  // Names
  const rename = (given) => {
    given.forEach((name, number) => { names[number] = name.trim() || value.defaults[number]; });
    for (const input of element.querySelectorAll(".ser-names input")) input.value = names[input.dataset.channel];
    for (const text of element.querySelectorAll("[data-name]")) text.textContent = names[text.dataset.name];
    for (const element of layer.children) element.title = say(value.blocks[element.dataset.block]);
    // A default is no name of the visitor's: it changes with the language.
    trigger("rename", { names: names.map((name, number) => (name === value.defaults[number] ? "" : name)) });
  };
  const inputs = [...element.querySelectorAll(".ser-names input")];
  for (const input of inputs) input.addEventListener("change", () => rename(inputs.map((other) => other.value)));
  find(".ser-swap")?.addEventListener("click", () => rename(inputs.map((other) => other.value).reverse()));
};

let current = null; // there is one time line on the page

// Any element on the page may carry the second from which it plays, or be a picture of the whole recording.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-play-from]");
  if (button) current?.playFrom?.(Number(button.dataset.playFrom));
  const picture = event.target.closest?.("[data-whole]");
  if (picture) {
    const box = picture.getBoundingClientRect();
    current?.playFrom?.(((event.clientX - box.left) / box.width) * Number(picture.dataset.whole));
  }
});

export const mount = (element, props, watch, trigger) => {
  const player = { media: null, source: null, wanted: false, channel: null };
  current = player;
  const end = () => {
    player.wavesurfer?.destroy();
    player.wavesurfer = null;
    element.innerHTML = "";
  };
  const load = (source) => {
    player.graph?.context.close();
    player.graph = null;
    player.source = source;
    player.media?.pause();
    player.media = new Audio();
    player.media.preload = "metadata";
    player.media.src = new URL(`gradio_api/file=${source.split("/").map(encodeURIComponent).join("/")}`, document.baseURI);
    player.media.addEventListener("error", () => trigger("unplayable"));
  };
  const draw = () => {
    const value = props.value;
    const [seconds, wanted] = [player.media?.currentTime ?? 0, player.wanted];
    end();
    if (!value) {
      player.media?.pause();
      player.source = null;
      return;
    }
    if (player.recording !== value.recording) [player.wanted, player.channel] = [false, null];
    if (player.source !== value.source) {
      load(value.source);
      if (player.recording === value.recording) {
        player.media.currentTime = seconds;
        if (wanted) player.media.play().catch(() => {});
      }
    }
    player.recording = value.recording;
    build(element, value, trigger, player);
  };
  watch("value", draw);
  draw();
};
