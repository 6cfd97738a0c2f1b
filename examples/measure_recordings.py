"""Print what the ear would judge in recordings, as numbers: per stretch of speech the level and the pitch.

    python measure_recordings.py               # the recordings of this folder
    python measure_recordings.py FILE ...      # others; anything that FFmpeg's libraries decode

Needs av, soxr, librosa and silero-vad. The pitch spread is the distance in semitones between the 10th and the
90th percentile, which a few octave errors of the pitch tracker do not move, as they would a deviation.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import av
import librosa
import numpy as np
import silero_vad
import soxr

RATE = 16000  # Hz; silero-vad's own
SUFFIXES = {".flac", ".wav", ".m4a", ".ogg"}


def decode(path: Path) -> np.ndarray:
    """The sound of `path` as (channels, n) at RATE, full scale 1.0."""
    with av.open(str(path)) as box:
        rate = box.streams.audio[0].rate
        planar = av.AudioResampler(format="fltp")
        x = np.concatenate([f.to_ndarray() for g in box.decode(audio=0) for f in planar.resample(g)], axis=1)
    return soxr.resample(x.T, rate, RATE).T.astype(np.float32)


def describe(x: np.ndarray) -> str:
    """Level in dBFS, median pitch in Hz and pitch spread in semitones of mono speech `x`."""
    f0 = librosa.pyin(x, fmin=60, fmax=500, sr=RATE, frame_length=1024)[0]
    low, middle, high = np.nanpercentile(f0, [10, 50, 90])
    level = 10 * np.log10(np.mean(np.square(x)))
    return f"{level:6.1f} dBFS  pitch {middle:4.0f} Hz, spread {12 * np.log2(high / low):4.1f} semitones"


def main() -> None:
    """Print one line per channel and one per stretch of speech in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="recordings (default: those next to this script)")
    here = Path(__file__).resolve().parent
    files = parser.parse_args().files or sorted(p for p in here.iterdir() if p.suffix in SUFFIXES)
    model = silero_vad.load_silero_vad(sequence=True)
    for path in files:
        for number, x in enumerate(decode(path)):
            # Turns rather than phrases: only a pause of a second ends a stretch
            spans = silero_vad.get_speech_timestamps_sequence(x, model, min_silence_duration_ms=1000)
            spoken = [x[s["start"] : s["end"]] for s in spans]
            seconds = sum(map(len, spoken)) / RATE
            all_of_it = describe(np.concatenate(spoken)) if spoken else ""
            print(f"{path.name} channel {number}: {len(x) / RATE:.1f} s, speech {seconds:.1f} s {all_of_it}")
            for span, y in zip(spans, spoken, strict=True):
                start, end = span["start"] / RATE, span["end"] / RATE
                print(f"    {start:5.1f} to {end:5.1f} s {describe(y)}")


if __name__ == "__main__":
    main()
