"""Where in a channel somebody speaks: Silero VAD, fed block by block.

Silero's sequence model (in the package, run by onnxruntime) gives one speech probability per 32 ms frame, several
hundred times faster than real time; the package's own `get_speech_timestamps_from_probs` turns probabilities into
regions. What is added here is the state between blocks, so that a long recording never has to be held whole.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

SAMPLE_RATE = 16_000  # Hz, what the detector and the embedded recogniser hear
FRAME = 512  # samples per probability
CONTEXT = 64  # samples of the frame before that the model sees with each frame
BLOCK_FRAMES = 512  # frames per call of the model; bounds its memory

THRESHOLD = 0.5  # speech probability that opens a region; 0.15 less closes it
MIN_SPEECH = 0.25  # seconds; anything shorter is a click or a cough
MIN_SILENCE = 0.1  # seconds of silence that end a region
MAX_REGION = 5.0  # seconds; longer speech is cut at its longest pause
PADDING = 0.03  # seconds added at both ends
AUDIBLE = 0.25  # amplitude; while nothing has been louder, the detector, which misses faint voices, hears it louder
MAX_GAIN = 4.0


@dataclass(frozen=True)
class Region:
    """A stretch of speech, in samples at `SAMPLE_RATE` from the start of the recording."""

    start: int
    end: int

    @property
    def duration(self) -> float:
        """Seconds."""
        return (self.end - self.start) / SAMPLE_RATE


class SpeechDetector:
    """Finds the speech of one channel while it is being read.

    Call `feed` with consecutive blocks and `finish` after the last; the regions come in time order, each once, as soon
    as they are certain to have ended.
    """

    def __init__(self) -> None:
        self._session = _load_session()
        self._hidden = np.zeros((1, 1, 128), dtype=np.float32)
        self._cell = np.zeros((1, 1, 128), dtype=np.float32)
        self._context = np.zeros(CONTEXT, dtype=np.float32)
        self._loudest = np.float32(AUDIBLE / MAX_GAIN)  # amplitude so far
        self._rest = np.zeros(0, dtype=np.float32)  # samples that do not fill a frame yet
        self._received = 0  # samples
        self._first_frame = 0  # of the probabilities that are not settled yet
        self._probabilities = np.zeros(0, dtype=np.float32)
        self._open: Region | None = None

    def feed(self, samples: np.ndarray) -> list[Region]:
        """The regions settled by `samples`, (n,) float32 in [-1, 1] at `SAMPLE_RATE`."""
        self._received += len(samples)
        samples = np.concatenate([self._rest, samples])
        whole = len(samples) // FRAME * FRAME
        self._rest = samples[whole:]
        return self._detect(samples[:whole].reshape(-1, FRAME), is_last=False)

    def finish(self) -> list[Region]:
        """The regions that the end of the recording settles."""
        padded = np.pad(self._rest, (0, -len(self._rest) % FRAME))
        return self._detect(padded.reshape(-1, FRAME), is_last=True)

    @property
    def needed_from(self) -> int:
        """The sample from which on regions may still come: what lies before need not be kept."""
        return self._first_frame * FRAME

    @property
    def open_region(self) -> Region | None:
        """The region that has not ended yet, as far as it has come; it may still turn out to be too short."""
        return self._open

    def _detect(self, frames: np.ndarray, is_last: bool) -> list[Region]:
        new = [self._run(frames[i : i + BLOCK_FRAMES]) for i in range(0, len(frames), BLOCK_FRAMES)]
        self._probabilities = np.concatenate([self._probabilities, *new])
        offset = self._first_frame * FRAME
        regions = _regions(self._probabilities, self._received - offset if is_last else None, offset)
        if is_last:
            self._open = None
            return _long_enough(regions)
        received = offset + len(self._probabilities) * FRAME
        # A region that silence has not ended yet may go on: it is kept, with one frame before it for its padding.
        unsettled = received - round((MIN_SILENCE + PADDING) * SAMPLE_RATE) - FRAME
        is_open = bool(regions) and regions[-1].end > unsettled
        self._open = regions[-1] if is_open else None
        keep_from = regions[-1].start // FRAME if is_open else received // FRAME - 1
        self._probabilities = self._probabilities[max(0, keep_from - self._first_frame) :]
        self._first_frame = max(self._first_frame, keep_from)
        return _long_enough(regions[:-1] if is_open else regions)

    def _run(self, frames: np.ndarray) -> np.ndarray:
        """Speech probability of each frame (frames, 512) -> (frames,), the recurrent state carried on."""
        loudest = np.maximum.accumulate(np.maximum(np.abs(frames).max(axis=1), self._loudest))
        self._loudest = loudest[-1]
        frames = frames * np.maximum(AUDIBLE / loudest, 1)[:, None]
        contexts = np.concatenate([self._context[None], frames[:-1, -CONTEXT:]])
        self._context = frames[-1, -CONTEXT:]
        inputs = {"input": np.concatenate([contexts, frames], axis=1), "h": self._hidden, "c": self._cell}
        probabilities, self._hidden, self._cell = self._session.run(["speech_probs", "hn", "cn"], inputs)
        return np.asarray(probabilities, dtype=np.float32).reshape(-1)


def find_speech(samples: np.ndarray) -> list[Region]:
    """The speech of a whole channel, (n,) float32 at `SAMPLE_RATE`."""
    detector = SpeechDetector()
    return detector.feed(samples) + detector.finish()


def _long_enough(regions: Iterable[Region]) -> list[Region]:
    return [region for region in regions if region.duration - 2 * PADDING >= MIN_SPEECH]


def _regions(probabilities: np.ndarray, length: int | None, offset: int) -> list[Region]:
    """Regions of any length from frame probabilities (frames,), shifted by `offset` samples.

    `length` is the number of samples, where the last frame is not full.
    """
    from silero_vad import get_speech_timestamps_from_probs

    found = get_speech_timestamps_from_probs(
        probabilities.tolist(),
        sampling_rate=SAMPLE_RATE,
        threshold=THRESHOLD,
        min_speech_duration_ms=0,  # a region that has only begun must not be dropped for being short
        max_speech_duration_s=MAX_REGION,
        min_silence_duration_ms=round(MIN_SILENCE * 1000),
        speech_pad_ms=round(PADDING * 1000),
        audio_length_samples=length,
    )
    return [Region(offset + int(region["start"]), offset + int(region["end"])) for region in found]


@lru_cache(maxsize=1)
def _load_session():  # type: ignore[no-untyped-def]  # an onnxruntime.InferenceSession, safe to share between threads
    import torch

    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # else onnxruntime reports to its makers from when it is loaded
    threads = torch.get_num_threads()
    from silero_vad import load_silero_vad

    torch.set_num_threads(threads)  # importing silero_vad sets the whole process to one thread
    return load_silero_vad(sequence=True).session
