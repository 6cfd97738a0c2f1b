"""Who trained and who chose, as `training.json` tells it: of a mean of trainings, everybody who had a part in any."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

Corpora = dict[str, dict[str, Any]]  # by corpus what `checkpoint.describe_speakers` says of its clips
Speakers = dict[str, Corpora]  # those who trained as "train", those who only chose as "dev"


def speakers_of(training: dict[str, Any]) -> Speakers:
    """Who trained or chose a training or a mean; of a mean, with all that its parts say."""
    parts = [speakers_of(part) for part in training.get("averaged", [])]
    return merge_speakers([training["speakers"], *parts]) if parts else training["speakers"]


def merge_speakers(parts: Sequence[Speakers]) -> Speakers:
    """Who trained in any of them, and who chose without having trained in one."""
    train = _merge([part["train"] for part in parts], {})
    return {"train": train, "dev": _merge([part["dev"] for part in parts], train)}


def _merge(parts: Sequence[Corpora], others: Corpora) -> Corpora:
    """All of them as one, without the voices of `others`."""
    known = {corpus: set(of["speakers"]) for corpus, of in others.items()}
    merged = {
        corpus: _merge_corpus([part[corpus] for part in parts if corpus in part], known.get(corpus, set()))
        for corpus in sorted({corpus for part in parts for corpus in part})
    }
    return {corpus: of for corpus, of in merged.items() if of["speakers"]}


def _merge_corpus(parts: Sequence[dict[str, Any]], others: set[str]) -> dict[str, Any]:
    """Every voice once.

    What tells of the most voices comes first, so it is exact where one part tells of all. Of a part that holds known
    voices too, nobody knows which clips and which gender are whose: the new ones count with their share of its clips.
    """

    def rank(of: dict[str, Any]) -> tuple[int, int, int]:
        return -len(set(of["speakers"]) - others), len(of["speakers"]), -of["clips"]

    speakers: set[str] = set()
    languages: set[str] = set()
    genders: Counter[str] = Counter()
    clips = 0
    for of in sorted(parts, key=rank):
        new = set(of["speakers"]) - others - speakers
        if new:
            share = len(new) / len(of["speakers"])
            clips += round(of["clips"] * share)
            genders.update(of["genders"] if share == 1 else {"unknown": len(new)})
            languages |= set(of["languages"])
            speakers |= new
    return {
        "clips": clips,
        "speakers": sorted(speakers),
        "genders": dict(genders.most_common()),
        "languages": sorted(languages),
    }
