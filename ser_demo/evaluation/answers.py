"""What a recogniser answers to recordings, as arrays: every clip goes through it as a user's file would."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ser_demo.audio import load_audio
from ser_demo.errors import AudioError
from ser_demo.evaluation.calibration import Calibration, unfold
from ser_demo.evaluation.kept import Kept, identity
from ser_demo.evaluation.parallel import on_all_cores
from ser_demo.evaluation.robustness import CONDITIONS
from ser_demo.recognizer import EmotionRecognizer
from ser_demo.result import Channel, Result, Scores
from ser_demo.selection import Selection

MIXED = Selection(channel_mode="mix")  # a recording's one label is that of all its channels, of which one may be silent


@dataclass(frozen=True)
class Answers:
    """Probabilities (n, labels) of n recordings; a row of zeros is a recording with too little speech to tell.

    Attributes:
        clean: the answers.
        unfolded: the same without the calibration that is folded into the checkpoint.
        degraded: the answers under each condition.
    """

    clean: np.ndarray
    unfolded: np.ndarray
    degraded: dict[str, np.ndarray]

    def take(self, rows: np.ndarray) -> "Answers":
        """Those of some of the recordings."""
        degraded = {condition: probabilities[rows] for condition, probabilities in self.degraded.items()}
        return Answers(self.clean[rows], self.unfolded[rows], degraded)


def recognize_all(
    recognizer: EmotionRecognizer,
    labels: list[str],
    paths: Sequence[str],
    calibration: Calibration | None,
    conditions: Sequence[str],
    progress: Callable[[int], None],
    kept: Kept,
) -> tuple[Answers, dict[int, str]]:
    """The answers to `paths`, and by number what is wrong with those that cannot be read (their rows are zeros).

    What is `kept` is not asked again.
    """
    size = (len(paths), len(labels))
    answers = Answers(np.zeros(size), np.zeros(size), {condition: np.zeros(size) for condition in conditions})
    unreadable: dict[int, str] = {}

    def answer(number: int) -> None:
        path, file = paths[number], identity(paths[number])

        def clean() -> list[list[float]]:
            channel = recognizer.recognize(path, selection=MIXED).channels[0]
            return [_probabilities(channel.scores, labels), _unfolded(channel, calibration, labels)]

        def degraded(condition: str) -> list[float]:
            return _probabilities(_recognize_degraded(recognizer, path, condition).channels[0].scores, labels)

        try:
            answers.clean[number], answers.unfolded[number] = kept.ask(["clean", *file], clean)
            for condition in conditions:
                answers.degraded[condition][number] = kept.ask([condition, *file], partial(degraded, condition))
        except AudioError as error:
            unreadable[number] = str(error)

    for done, _ in enumerate(on_all_cores(answer, range(len(paths))), 1):
        progress(done)
    return answers, dict(sorted(unreadable.items()))


def _recognize_degraded(recognizer: EmotionRecognizer, path: str, condition: str) -> Result:
    recording = load_audio(path)
    rng = np.random.default_rng(zlib.crc32(Path(path).name.encode()))  # the same noise in every evaluation
    mixed = np.mean(np.stack(recording.channels), axis=0)
    degraded = CONDITIONS[condition](mixed, recording.sample_rate, rng)
    return recognizer.recognize(degraded, Path(path).name)


def _probabilities(scores: Scores, labels: list[str]) -> list[float]:
    return [scores.get(label, 0.0) for label in labels]


def _unfolded(channel: Channel, calibration: Calibration | None, labels: list[str]) -> list[float]:
    """(labels,) the mean over segments, as the recogniser takes it; a segment's length stands for its speech."""
    if calibration is None or not channel.segments:
        return _probabilities(channel.scores, labels)
    segments = np.array([_probabilities(segment.scores, labels) for segment in channel.segments])
    lengths = [segment.end - segment.start for segment in channel.segments]
    return np.average(unfold(segments, calibration, labels), axis=0, weights=lengths).tolist()
