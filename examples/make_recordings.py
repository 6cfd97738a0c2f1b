"""Make the example recordings of this folder again, with free speech synthesisers and a little arithmetic.

No person speaks in any of them. Each voice comes from flite, festival or espeak-ng; the emotion is only
sketched: by the tempo, the mean and the spread of the pitch, the loudness and the spectral tilt, which are
the cues that differ most between emotions in real speech. README.md next to this file lists the recordings.

    python make_recordings.py                  # all recordings, next to this script
    python make_recordings.py --only hold_music.ogg --out /tmp

Arrays are float, full scale 1.0, mono (n,) or (n, channels); rates are in Hz and levels in dBFS, that is, dB
of the root mean square against full scale. Nothing is random: every noise has a fixed seed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr

HERE = Path(__file__).resolve().parent
PACKAGES = {  # program: the Debian/Ubuntu packages that bring it and the voices used here
    "flite": "flite",
    "text2wave": "festival festvox-us-slt-hts",
    "espeak-ng": "espeak-ng",
}
COMMENT = "SYNTHETIC: made by programs as an example for SER Demo, no person speaks or plays. CC0."
Audio = np.ndarray


# ---------------------------------------------------------------- signal helpers


def resample(x: Audio, source_hz: float, target_hz: float) -> Audio:
    """The same sound at another sample rate."""
    return soxr.resample(x, source_hz, target_hz, quality="HQ")


def active(x: Audio, rate: int) -> Audio:
    """One bool per 20 ms frame of mono `x`: is it less than 35 dB below the loudest frame?"""
    frame = rate // 50
    power = np.square(x[: len(x) // frame * frame]).reshape(-1, frame).mean(axis=1)
    return power > power.max() * 10 ** (-35 / 10)


def trim(x: Audio, rate: int) -> Audio:
    """`x` without the near silence before the first and after the last active frame."""
    frames = np.flatnonzero(active(x, rate))
    frame = rate // 50
    return x[frames[0] * frame : (frames[-1] + 1) * frame]


def level_dbfs(x: Audio, rate: int) -> float:
    """The level of the active frames of mono `x`, so that pauses do not make speech look quieter."""
    frame = rate // 50
    frames = x[: len(x) // frame * frame].reshape(-1, frame)[active(x, rate)]
    return float(10 * np.log10(np.square(frames).mean()))


def limit(x: Audio, knee: float = 0.7, ceiling: float = 0.97) -> Audio:
    """`x` unchanged below `knee` and bent smoothly towards `ceiling` above it, so that it never clips."""
    over = np.maximum(np.abs(x) - knee, 0.0) / (ceiling - knee)
    return np.where(over > 0, np.sign(x) * (knee + (ceiling - knee) * np.tanh(over)), x)


def set_level(x: Audio, rate: int, dbfs: float) -> Audio:
    """Mono `x` with its active frames at `dbfs`, the peaks limited."""
    return limit(x * 10 ** ((dbfs - level_dbfs(x, rate)) / 20))


def shape(x: Audio, rate: int, gain: Callable[[Audio], Audio]) -> Audio:
    """Mono `x` with its spectrum multiplied by `gain`, a function of the frequency in Hz."""
    return np.fft.irfft(np.fft.rfft(x) * gain(np.fft.rfftfreq(len(x), 1 / rate)), len(x))


def tilt(x: Audio, rate: int, db_per_octave: float) -> Audio:
    """Mono `x` made brighter (> 0, as a raised voice is) or duller (< 0) between 200 and 6000 Hz."""
    return shape(x, rate, lambda f: 10 ** (db_per_octave / 20 * np.log2(np.clip(f, 200, 6000) / 1000)))


def band_limit(x: Audio, rate: int, low: float, high: float, edge: float = 100.0) -> Audio:
    """Mono `x` with only `low` to `high` Hz left; each edge falls to nothing within `edge` Hz."""

    def gain(f: Audio) -> Audio:
        inside = np.minimum(f - low, high - f) / edge + 1
        return 0.5 - 0.5 * np.cos(np.pi * np.clip(inside, 0, 1))

    return shape(x, rate, gain)


def noise(samples: int, rate: int, dbfs: float, seed: int) -> Audio:
    """Faint line noise: white noise from a fixed seed, falling 3 dB per octave above 100 Hz."""
    x = np.random.default_rng(seed).standard_normal(samples)
    x = shape(x, rate, lambda f: 1 / np.sqrt(np.maximum(f, 100) / 100))
    return x * 10 ** (dbfs / 20) / np.sqrt(np.mean(x**2))


def place_turns(turns: Sequence[tuple[int, float, Audio]], rate: int, margin_s: float = 0.5) -> Audio:
    """Lay out a conversation as (n, 2): each turn is (channel, pause in s since the turn before, mono sound).

    A negative pause makes the turn start before the other one ends. `margin_s` seconds are left empty at
    both ends; the channel that does not speak stays at zero.
    """
    starts, end = [], margin_s
    for _, pause, sound in turns:
        starts.append(round((end + pause) * rate))
        end = starts[-1] / rate + len(sound) / rate
    call = np.zeros((round((end + margin_s) * rate), 2))
    for start, (channel, _, sound) in zip(starts, turns, strict=True):
        call[start : start + len(sound), channel] += sound
    return call


# ---------------------------------------------------------------- synthesisers


def run(program: str, arguments: Sequence[str], rate: int, text: str | None = None) -> Audio:
    """Run a synthesiser that writes the WAV file named in place of "{}"; its trimmed sound at `rate`."""
    if shutil.which(program) is None:
        raise SystemExit(f"{program} is missing. On Debian or Ubuntu: sudo apt install {PACKAGES[program]}")
    with tempfile.TemporaryDirectory() as folder:
        wav = str(Path(folder) / "speech.wav")
        command = [program, *(a.replace("{}", wav) for a in arguments)]
        done = subprocess.run(command, input=text, text=True, capture_output=True)
        # festival ends well even where a voice is not installed, so the file counts, not only the status
        if done.returncode or not Path(wav).exists() or not sf.info(wav).frames:
            raise SystemExit(f"{program} made no sound; it needs: {PACKAGES[program]}\n{done.stderr}")
        x, source = sf.read(wav)
    return trim(resample(x, source, rate), rate)


def flite(text: str, rate: int, voice: str, slower: float = 1.0, mean: float = 0, spread: float = 0) -> Audio:
    """Speech by flite: durations times `slower`, pitch `mean` and standard deviation `spread` in Hz."""
    features = {"duration_stretch": slower, "int_f0_target_mean": mean, "int_f0_target_stddev": spread}
    settings = [part for k, v in features.items() if v for part in ("--setf", f"{k}={v}")]
    return run("flite", ["-voice", voice, *settings, "-t", text, "-o", "{}"], rate)


def festival(text: str, rate: int, faster: float = 1.0, higher: float = 1.0) -> Audio:
    """Speech by festival's slt HTS voice, `faster` in tempo and, as a tape played faster is, `higher`."""
    tempo = f'(set! hts_engine_params (cons \'("-r" {faster / higher}) hts_engine_params))'
    setup = f"(begin (voice_cmu_us_slt_arctic_hts) {tempo})"
    return resample(run("text2wave", ["-eval", setup, "-o", "{}"], rate, text), rate * higher, rate)


def espeak(text: str, rate: int, voice: str, words_per_minute: int, higher: str, spread: str) -> Audio:
    """Speech by espeak-ng; pitch `higher` ("+20%") and pitch range `spread` ("200") as SSML has them."""
    ssml = f"<prosody pitch='{higher}' range='{spread}'>{text}</prosody>"
    return run("espeak-ng", ["-m", "-v", voice, "-s", str(words_per_minute), "-w", "{}", ssml], rate)


# ---------------------------------------------------------------- recordings


def call_two_channels(rate: int = 16000) -> Audio:
    """A call: the agent (left) stays calm and friendly, the customer (right) gets angrier turn by turn."""

    def agent(text: str) -> Audio:
        return set_level(festival(text, rate, faster=1.08, higher=1.05), rate, -25)

    def customer(text: str, anger: float) -> Audio:
        """`anger` from 0 to 1: faster, higher, wider in pitch, brighter and louder."""
        x = flite(text, rate, "awb", 0.92 - 0.2 * anger, 145 + 110 * anger, 25 + 115 * anger)
        return set_level(tilt(x, rate, 3 * anger), rate, -23 + 9 * anger)

    turns = [
        (0, 0.0, agent("Good morning, this is the parcel desk, my name is Anna. How can I help you today?")),
        (1, 0.6, customer("Hello. My parcel should have been here on Tuesday, and it has not come.", 0.1)),
        (0, 0.5, agent("I am sorry about that. Let me look it up for you. One moment, please.")),
        (1, 0.5, customer("I have called three times already! Every time I am told to wait a day!", 0.6)),
        (0, 0.4, agent("I understand. I can see it here, and you will have it tomorrow morning.")),
        (1, -0.2, customer("Tomorrow? That is what you said last week! No! I want my money back!", 0.9)),
        (1, 0.2, customer("And I want it right now! This is a disgrace!", 1.0)),
        (0, 0.6, agent("Of course. I will send the money back straight away.")),
    ]
    call = place_turns(turns, rate)
    return limit(call + np.stack([noise(len(call), rate, -66, seed) for seed in (1, 2)], axis=1))


def with_margins(x: Audio, rate: int, noise_dbfs: float, seed: int, margin_s: float = 0.4) -> Audio:
    """Mono `x` with `margin_s` seconds before and after, and faint noise under all of it."""
    x = np.pad(x, round(margin_s * rate))
    return limit(x + noise(len(x), rate, noise_dbfs, seed))


def sad_voice(rate: int = 22050) -> Audio:
    """A slow, low, soft and nearly monotonous voice."""
    text = "The house is so quiet now. She left on Sunday, and I still put two cups on the table."
    x = flite(text, rate, "slt", slower=1.35, mean=140, spread=10)
    return with_margins(set_level(tilt(x, rate, -2), rate, -31), rate, -72, 3)


def happy_phone(rate: int = 8000) -> Audio:
    """A quick voice, high and lively in pitch, through an old telephone line (300 to 3400 Hz)."""
    text = "Guess what, I got the job! They called me this morning. Come over tonight, and let's celebrate!"
    x = espeak(text, 44100, "en-us+f2", 180, "+15%", "200")
    x = set_level(tilt(x, 44100, 1), 44100, -19)
    return with_margins(resample(band_limit(x, 44100, 300, 3400), 44100, rate), rate, -58, 4)


def neutral_news(rate: int = 44100) -> Audio:
    """An even voice that reads the weather."""
    text = "And now the weather. It stays dry in the north, with some clouds later on. The wind is light."
    return with_margins(set_level(flite(text, rate, "rms"), rate, -23), rate, -75, 5)


def hold_music(rate: int = 44100) -> Audio:
    """Music on hold, without speech: a chord every 1.5 s, four notes of a melody over it, soft noise."""
    # As MIDI note numbers: C, A minor, F, G, C, C, and four notes of melody over each but the last
    chords = [(48, 52, 55), (45, 48, 52), (41, 45, 48), (43, 47, 50), (48, 52, 55), (48, 52, 55)]
    melody = [(72, 76, 79, 76), (72, 76, 81, 76), (69, 72, 77, 72), (71, 74, 79, 74), (72, 76, 79, 84), (84,)]
    x = np.zeros(round(9.6 * rate))

    def note(pitch: int, at_s: float, seconds: float, gain: float) -> None:
        """Add one plucked note: five harmonics that die away, the high ones first."""
        t = np.arange(round(seconds * rate)) / rate
        hz = 440 * 2 ** ((pitch - 69) / 12)
        tone = sum(np.sin(2 * np.pi * hz * k * t) * np.exp(-t * (1 + k)) / k**1.5 for k in range(1, 6))
        fade = np.minimum(1, np.minimum(t / 0.01, (seconds - t) / 0.05))
        start = round(at_s * rate)
        x[start : start + len(t)] += gain * (tone * fade)[: len(x) - start]

    for bar, (chord, notes) in enumerate(zip(chords, melody, strict=True)):
        for pitch in chord:
            note(pitch, bar * 1.5, 1.9, 0.5)
        for step, pitch in enumerate(notes):
            note(pitch, bar * 1.5 + step * 0.375, 1.2, 0.7)
    return limit(set_level(x, rate, -21) + noise(len(x), rate, -55, 6))


RECORDINGS: dict[str, tuple[Callable[[], Audio], int, str, str]] = {  # file: maker, rate, subtype, title
    "call_two_channels.flac": (call_two_channels, 16000, "PCM_16", "Call: calm agent, angry customer"),
    "sad_voice.flac": (sad_voice, 22050, "PCM_16", "Sad voice"),
    "happy_phone.wav": (happy_phone, 8000, "ULAW", "Happy voice on the telephone"),
    "neutral_news.m4a": (neutral_news, 44100, "AAC", "Neutral voice"),
    "hold_music.ogg": (hold_music, 44100, "VORBIS", "Music on hold, no speech"),
}


def write(path: Path, x: Audio, rate: int, subtype: str, title: str) -> None:
    """Write `x` with a title and a comment that say it is synthetic; .m4a through PyAV, else soundfile."""
    title = f"{title} (synthetic)"
    if subtype == "AAC":
        import av

        with av.open(str(path), "w", format="ipod") as box:
            box.metadata.update(title=title, comment=COMMENT)
            stream = box.add_stream("aac", rate=rate, layout="mono", bit_rate=64000)
            frame = av.AudioFrame.from_ndarray(x[None].astype(np.float32), format="fltp", layout="mono")
            frame.sample_rate = rate
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                box.mux(packet)
        return
    with sf.SoundFile(path, "w", rate, 1 if x.ndim == 1 else x.shape[1], subtype) as out:
        out.title, out.comment = title, COMMENT
        for start in range(0, len(x), rate):  # libsndfile's Vorbis writer can overflow on one long block
            out.write(x[start : start + rate])


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the recordings named on the command line."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to (default: this script's)")
    names = list(RECORDINGS)
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="FILE", help="only these")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.only:
        path = options.out / name
        maker, rate, subtype, title = RECORDINGS[name]
        write(path, maker(), rate, subtype, title)
        print(f"{path.name}: {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
