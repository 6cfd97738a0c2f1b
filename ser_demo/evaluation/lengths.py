"""What more speech is worth: the UAR by the seconds that are heard.

Clips of the corpora last as long as their sentences. So all speech of one speaker in one emotion is joined, with the
pauses before and after each sentence, and cut into pieces of each length; the same speech is heard in short pieces and
in long ones.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from ser_demo.corpora.cleaning import UselessError, clean, load_mono
from ser_demo.corpora.table import of_one_voice
from ser_demo.errors import AudioError
from ser_demo.evaluation.figures import LengthFigures
from ser_demo.evaluation.kept import Kept, identity
from ser_demo.evaluation.metrics import restrict, unweighted_average_recall
from ser_demo.evaluation.parallel import on_all_cores
from ser_demo.recognizer import EmotionRecognizer
from ser_demo.speech import SAMPLE_RATE

LENGTHS = (1.0, 2.0, 3.0, 5.0, 10.0)  # seconds of speech; the pauses within a piece come on top
MOST_PIECES = 12  # of each length, speaker and emotion
MOST_CLIPS = 40  # that are joined for them


def measure_lengths(
    recognizer: EmotionRecognizer,
    clips: pd.DataFrame,
    labels: list[str],
    known: dict[str, np.ndarray],
    progress: Callable[[int], None],
    kept: Kept,
) -> dict[str, tuple[LengthFigures, ...]]:
    """By corpus, the UAR of pieces of each of `LENGTHS`; a length that no joined speech reaches is left out.

    Args:
        recognizer: the one that is measured.
        clips: rows with the columns `path`, `corpus`, `speaker` and `emotion`; what cannot be read is passed over.
        labels: the recogniser's.
        known: by corpus, (labels,) True for those that it shares.
        progress: called with clips done.
        kept: what is there is not asked again.
    """
    answers: dict[tuple[str, float], list[list[float]]] = defaultdict(list)
    classes: dict[tuple[str, float], list[int]] = defaultdict(list)
    done = 0
    groups = list(of_one_voice(clips))

    def hear(paths: pd.Series) -> list[tuple[float, list[float]]]:
        files = [identity(path) for path in paths.head(MOST_CLIPS)]
        return kept.ask(["lengths", files], lambda: list(_answers(recognizer, labels, paths)))

    heard = on_all_cores(lambda group: hear(group[1]["path"]), groups)
    for ((corpus, _, emotion), rows), pieces in zip(groups, heard, strict=True):
        for seconds, scores in pieces:
            answers[corpus, seconds].append(scores)
            classes[corpus, seconds].append(labels.index(emotion))
        done += len(rows)
        progress(done)

    def figures(corpus: str, seconds: float) -> LengthFigures:
        truth = np.array(classes[corpus, seconds])
        own = restrict(np.array(answers[corpus, seconds]), known[corpus])
        return LengthFigures(seconds, len(truth), unweighted_average_recall(truth, own))

    return {
        corpus: tuple(figures(corpus, seconds) for seconds in LENGTHS if (corpus, seconds) in classes)
        for corpus in clips["corpus"].unique()
    }


def _answers(recognizer: EmotionRecognizer, labels: list[str], paths: pd.Series) -> Iterator[tuple[float, list[float]]]:
    """For each piece of the recordings one after the other, its seconds of speech and the probabilities (labels,)."""
    samples, spoken = _join(paths.head(MOST_CLIPS))
    for seconds in LENGTHS:
        for piece in _cut(samples, spoken, round(seconds * SAMPLE_RATE)):
            scores = recognizer.recognize((piece, SAMPLE_RATE)).channels[0].scores
            yield seconds, [scores.get(label, 0.0) for label in labels]


def _join(paths: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Recordings one after the other, at one level, (n,) float32; and which samples are speech, in ascending order."""
    clips = []
    for path in paths:
        try:
            clips += clean(load_mono(path)).clips
        except (AudioError, UselessError):
            continue
    starts = np.cumsum([0, *(len(clip.samples) for clip in clips)])
    spoken = [start + np.arange(clip.start, clip.end) for start, clip in zip(starts[:-1], clips, strict=True)]
    samples = np.concatenate([np.zeros(0, np.int16), *(clip.samples for clip in clips)])
    return samples.astype(np.float32) / 32767, np.concatenate([np.zeros(0, int), *spoken])


def _cut(samples: np.ndarray, spoken: np.ndarray, length: int) -> Iterator[np.ndarray]:
    """Pieces with `length` samples of speech, from the first to the last of them."""
    for number in range(min(len(spoken) // length, MOST_PIECES)):
        yield samples[spoken[number * length] : spoken[(number + 1) * length - 1] + 1]
