"""Emotions while somebody speaks: chunks of sound in, what is known at this moment out.

The same steps as for a recording, on chunks of a fraction of a second. What differs is that the window in which
somebody is just speaking is judged as far as it has come, and judged again with every chunk until it is complete.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ser_demo.audio import Resampler
from ser_demo.classifier import Classifier
from ser_demo.doubt import doubt
from ser_demo.errors import SampleRateError
from ser_demo.noise import NoiseMeter
from ser_demo.result import Scores, Segment, mean_scores
from ser_demo.speech import SAMPLE_RATE, Region
from ser_demo.windows import Window, WindowReader

RECENT = 4.0  # seconds that the scores of a moment look back
LOWEST_RATE, HIGHEST_RATE = 8_000, 192_000  # Hz, of microphones


@dataclass(frozen=True)
class Moment:
    """What is known at one moment of listening.

    Attributes:
        seconds: heard so far.
        scores: of the last `RECENT` seconds, from most to least probable; empty where they hold too little speech.
        segments: all so far, in time order; the last of them may still grow.
        is_uncertain: the most probable of the scores is not probable enough, or the noise is louder than the voice.
    """

    seconds: float
    scores: Scores
    segments: tuple[Segment, ...]
    is_uncertain: bool = False


class LiveRecognition:
    """One channel that is still being spoken; made by `EmotionRecognizer.listen`.

    Call `feed` with consecutive chunks and `finish` after the last: then the segments are those that `recognize` finds
    in the whole. Holds the samples of the window that is growing, no more.
    """

    def __init__(self, classifier: Classifier, sample_rate: int):
        if not LOWEST_RATE <= sample_rate <= HIGHEST_RATE:
            raise SampleRateError(
                "microphone",
                f"it gives {sample_rate} samples a second",
                f"Use one between {LOWEST_RATE} and {HIGHEST_RATE} Hz",
            )
        self.sample_rate = sample_rate
        self._classifier = classifier
        self._resampler = Resampler(sample_rate, SAMPLE_RATE, 1)
        self._regions: list[Region] = []  # that have ended
        self._reader = WindowReader(on_region=self._regions.append)
        self._noise = NoiseMeter()
        self._received = 0  # samples at `sample_rate`
        self._settled: list[Segment] = []

    @property
    def seconds(self) -> float:
        """Seconds heard so far."""
        return self._received / self.sample_rate

    def feed(self, samples: np.ndarray) -> Moment:
        """What is known with the next chunk, (n,) float32 in [-1, 1] at `sample_rate`."""
        self._received += len(samples)
        self._hear(self._resampler.feed(samples[None])[0])
        return self._moment(self._judge(self._reader.peek()))

    def finish(self) -> Moment:
        """What is known in the end; nothing may be fed afterwards."""
        self._hear(self._resampler.flush()[0])
        self._settled += self._judge(self._reader.finish())
        return self._moment([])

    def _hear(self, samples: np.ndarray) -> None:
        self._noise.feed(samples)
        self._settled += self._judge(self._reader.feed(samples))

    def _judge(self, windows: Sequence[tuple[Window, np.ndarray]]) -> list[Segment]:
        scores = self._classifier.classify([samples for _, samples in windows]) if windows else []
        return [
            Segment(window.start / SAMPLE_RATE, window.end / SAMPLE_RATE, window_scores)
            for (window, _), window_scores in zip(windows, scores, strict=True)
        ]

    def _moment(self, growing: list[Segment]) -> Moment:
        segments = (*self._settled, *growing)
        scores = recent_scores(segments, self.seconds)
        is_uncertain = bool(scores) and doubt(scores, self._classifier.uncertain_below, self._ratio()) is not None
        return Moment(self.seconds, scores, segments, is_uncertain)

    def _ratio(self) -> float | None:
        """dB of the speech of the last `RECENT` seconds to the noise around it."""
        regions = [*self._regions, *filter(None, [self._reader.open_region])]
        return self._noise.ratio([one for one in regions if one.end / SAMPLE_RATE > self.seconds - RECENT])


def recent_scores(segments: Iterable[Segment], now: float) -> Scores:
    """The mean scores of the last `RECENT` seconds before `now`, each segment weighing what it has in them."""
    return mean_scores((s.scores, max(0.0, min(s.end, now) - max(s.start, now - RECENT))) for s in segments)
