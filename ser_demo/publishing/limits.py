"""What a model cannot do, as far as its training and test recordings show it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ser_demo.evaluation.figures import CorpusFigures
from ser_demo.publishing.licence import SOURCES, title_of

LANGUAGES = {"de": "German", "en": "English", "pl": "Polish"}
UNSURE = 0.1  # calibration error from which a card warns
FEWEST_CLIPS = 10  # of an emotion, for its recall to mean anything


def limits_of_training(parts: dict[str, Any]) -> list[str]:
    """Sentences that follow from the training part of training.json, by corpus; none where there is none."""
    if not parts:
        return []
    acted = [title_of(corpus) for corpus in parts if corpus in SOURCES]
    languages = sorted({language_name(code) for part in parts.values() for code in part["languages"]})
    spoken = f" speaking {in_words(languages)}" if languages else ""
    sentences = []
    if acted:
        sentences.append(
            f"In {in_words(acted)} actors show one emotion at a time. Feelings in daily life are weaker, mixed and "
            "often hidden: expect it to be wrong more often than its figures say."
        )
    if len(acted) == len(parts):
        sentences.append(
            f"Its voices are adults{spoken}. Children, other languages and accents, whispering, singing and speech "
            "disorders were not tested."
        )
    else:
        sentences.append(
            f"It learnt from the voices of its training recordings{spoken}. Other voices, languages, accents, ages, "
            "rooms and microphones were not tested."
        )
    return sentences


def limits_of_evaluation(corpora: Sequence[CorpusFigures]) -> list[str]:
    """Sentences on what it misses most, and where its probabilities mislead."""
    sentences = []
    if missed := missed_most(corpora):
        mostly = f", mostly because it takes them for {missed.taken_for}" if missed.taken_for else ""
        sentences.append(f"It misses {missed.emotion} most: it finds {_percent(missed.found)} of such clips{mostly}.")
    off = [f"{title_of(row.corpus)} ({_percent(row.ece)})" for row in ill_calibrated(corpora)]
    if off:
        sentences.append(f"Its probabilities are far from the truth on {in_words(off)}: see ECE.")
    return sentences


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


def language_name(code: str) -> str:
    """English for "en"; what is not known stays."""
    return LANGUAGES.get(code, code)


def in_words(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


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


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
