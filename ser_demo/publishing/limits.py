"""What a model cannot do, as far as its training and test recordings show it."""

from collections.abc import Sequence
from typing import Any

from ser_demo.corpora.public import SOURCES, title_of
from ser_demo.evaluation.figures import CorpusFigures
from ser_demo.evaluation.weaknesses import ill_calibrated, missed_most

LANGUAGES = {"de": "German", "en": "English", "pl": "Polish"}


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


def language_name(code: str) -> str:
    """English for "en"; what is not known stays."""
    return LANGUAGES.get(code, code)


def in_words(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
