"""Where a model is worst, as far as its figures show it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ser_demo.evaluation.figures import CorpusFigures

UNSURE = 0.1  # calibration error from which probabilities mislead
FEWEST_CLIPS = 10  # of an emotion, for its recall to mean anything


@dataclass(frozen=True)
class Missed:
    """The emotion that a model misses most.

    Attributes:
        emotion: its name.
        found: share of its clips that are found, as the mean over the corpora that have enough of it.
        taken_for: the wrong answer that its clips get most often; None where it is no answer at all.
    """

    emotion: str
    found: float
    taken_for: str | None


def missed_most(corpora: Sequence[CorpusFigures]) -> Missed | None:
    """None where no corpus has enough clips of any emotion."""
    recalls = _recalls(corpora)
    if not recalls:
        return None
    emotion = min(recalls, key=lambda name: recalls[name])
    return Missed(emotion, recalls[emotion], _taken_for(corpora, emotion))


def ill_calibrated(corpora: Sequence[CorpusFigures]) -> list[CorpusFigures]:
    """Those on which the model's probabilities are far from the truth."""
    return [row for row in corpora if row.ece > UNSURE]


def _recalls(corpora: Sequence[CorpusFigures]) -> dict[str, float]:
    """By emotion, the share that is found, as the mean over the corpora that have enough of it."""
    recalls: dict[str, list[float]] = {}
    for corpus in corpora:
        for figures in corpus.classes:
            if figures.clips >= FEWEST_CLIPS:
                recalls.setdefault(figures.emotion, []).append(figures.recall)
    return {emotion: sum(values) / len(values) for emotion, values in recalls.items()}


def _taken_for(corpora: Sequence[CorpusFigures], emotion: str) -> str | None:
    """The wrong answer that its clips get most often; None where there is none, or it is no answer at all."""
    answers: Counter[str] = Counter()
    for corpus in corpora:
        emotions = [figures.emotion for figures in corpus.classes]
        if emotion in emotions:
            row = corpus.confusion[emotions.index(emotion)]
            answers.update(dict(zip([*emotions, ""], row, strict=True)))
    del answers[emotion]
    answer, count = answers.most_common(1)[0]
    return answer if count else None
