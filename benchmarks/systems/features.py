"""What the tutorials' systems hear of a recording: librosa's features, computed once per clip and kept in a file.

Every recording becomes mono at 16 kHz first, so that corpora of different rates meet on equal terms. Frames are
librosa's usual ones: 2048 samples long, 512 apart.
"""

import warnings
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import librosa
import numpy as np
from joblib import Parallel, delayed

from ser_demo.audio import load_audio
from ser_demo.errors import AudioError

RATE = 16_000
SILENCE = 1e-3  # peak amplitude below which a recording holds nothing to learn from
FRAMES = 94  # of 3 seconds
CHUNK = 2_000  # clips between two savings

Progress = Callable[[int, int], None]


def means(samples: np.ndarray) -> np.ndarray:
    """(180,) the means over time of 40 MFCC, 12 chroma and 128 mel bands, of the whole clip."""
    chroma, mfcc, mel = _spectral(samples)
    return np.concatenate([part.mean(axis=1) for part in (mfcc, chroma, mel)])


def frames(samples: np.ndarray) -> np.ndarray:
    """(94, 40) the MFCC of each frame of the 3 seconds that begin half a second into the clip; NaN after its end."""
    _, mfcc, _ = _spectral(_cut(samples, 0.5, 3.0))
    padded = np.full((FRAMES, len(mfcc)), np.nan)
    padded[: mfcc.shape[1]] = mfcc.T[:FRAMES]
    return padded


def statistics(samples: np.ndarray) -> np.ndarray:
    """(320,) mean, standard deviation, minimum and maximum over time of 40 MFCC and of their changes."""
    _, mfcc, _ = _spectral(samples)
    tracks = np.concatenate([mfcc, librosa.feature.delta(mfcc, mode="nearest")])
    return np.concatenate([tracks.mean(1), tracks.std(1), tracks.min(1), tracks.max(1)])


def copies(samples: np.ndarray) -> np.ndarray:
    """(4, 182) the means over time of zero crossings, chroma, MFCC, loudness and mel bands, of 2.5 seconds.

    The first row is the clip, then come the clip with noise, slower and higher, and moved in time. Chance depends on
    the samples alone, so that a clip's copies are always the same.
    """
    samples = _cut(samples, 0.6, 2.5)
    rng = np.random.default_rng(zlib.crc32(samples.tobytes()))
    noisy = samples + 0.035 * rng.uniform() * samples.max() * rng.standard_normal(len(samples))
    slower = librosa.effects.time_stretch(samples, rate=0.8)
    higher = librosa.effects.pitch_shift(slower, sr=RATE, n_steps=0.7)
    moved = np.roll(samples, int(rng.uniform(-0.25, 0.25) * RATE))
    return np.stack([_all_means(copy) for copy in (samples, noisy, higher, moved)])


KINDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    function.__name__: function for function in (means, frames, statistics, copies)
}


def extract(
    paths: Iterable[str], kind: str, folder: Path, workers: int, progress: Progress
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The features of every recording.

    Args:
        paths: recordings.
        kind: a name of `KINDS`.
        folder: where features are kept for the next time; a recording that has changed since is read again.
        workers: processes that compute.
        progress: called with clips done and in all.

    Returns:
        By path the float32 features, and by every other path the reason why it has none.
    """
    keys = {path: _key(path) for path in paths}
    file = folder / f"{kind}.npz"
    known = _load(file)
    missing = [path for path, key in keys.items() if key not in known]
    broken: dict[str, str] = {}
    for first in range(0, len(missing), CHUNK):
        chunk = missing[first : first + CHUNK]
        found = Parallel(workers, return_as="generator")(delayed(_extract_one)(path, kind) for path in chunk)
        for done, (path, features) in enumerate(zip(chunk, found, strict=True), first + 1):
            if isinstance(features, str):
                broken[path] = features
            else:
                known[keys[path]] = features
            progress(done, len(missing))
        _save(file, known)
    return {path: known[key] for path, key in keys.items() if key in known}, broken


def _extract_one(path: str, kind: str) -> np.ndarray | str:
    """The features, or why there are none."""
    try:
        recording = load_audio(path)
    except AudioError as error:
        return str(error)
    mono = np.stack(recording.channels).mean(axis=0)
    samples = librosa.resample(mono, orig_sr=recording.sample_rate, target_sr=RATE)
    if np.abs(samples).max(initial=0) < SILENCE:
        return f"{Path(path).name}: silent"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # librosa finds no pitch to tune its chroma to in noise
        return KINDS[kind](samples).astype(np.float32)


def _cut(samples: np.ndarray, start: float, length: float) -> np.ndarray:
    """`length` seconds from `start`; a clip that would be over by then (or nearly) is taken from its beginning."""
    if len(samples) < (start + 0.25) * RATE:
        start = 0.0
    return samples[round(start * RATE) :][: round(length * RATE)]


def _spectral(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(12, t) chroma, (40, t) MFCC and (128, t) mel power."""
    magnitude = np.abs(librosa.stft(samples))
    chroma = librosa.feature.chroma_stft(S=magnitude, sr=RATE)
    mel = _mel_filters() @ magnitude**2
    return chroma, librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=40), mel


def _all_means(samples: np.ndarray) -> np.ndarray:
    chroma, mfcc, mel = _spectral(samples)
    crossings = librosa.feature.zero_crossing_rate(samples)
    loudness = librosa.feature.rms(y=samples)
    return np.concatenate([part.mean(axis=1) for part in (crossings, chroma, mfcc, loudness, mel)])


@cache
def _mel_filters() -> np.ndarray:
    return librosa.filters.mel(sr=RATE, n_fft=2048)


def _key(path: str) -> str:
    try:
        status = Path(path).stat()
    except OSError:
        return path
    return f"{Path(path).resolve()} {status.st_size} {status.st_mtime_ns}"


def _load(file: Path) -> dict[str, np.ndarray]:
    if not file.exists():
        return {}
    with np.load(file) as stored:
        return dict(zip(stored["keys"].tolist(), stored["features"], strict=True))


def _save(file: Path, known: dict[str, np.ndarray]) -> None:
    if known:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, keys=np.array(list(known)), features=np.stack(list(known.values())))
