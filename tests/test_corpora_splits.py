"""Splits: who trains, chooses and tests, and what a division lets through."""

import pandas as pd
import pytest

from ser_demo import SerError
from ser_demo.corpora.splits import (
    DEVELOPMENT_SPEAKERS,
    TEST_SPEAKERS,
    assign_split,
    fold_development,
    leaks,
    only_training,
)


def table_of(*speakers: tuple[str, str], emotions: tuple[str, ...] = ("happy", "sad"), clips: int = 4) -> pd.DataFrame:
    """`clips` of each emotion by each (corpus, speaker)."""
    rows = [
        {"corpus": corpus, "speaker": speaker, "emotion": emotion, "sentence": str(number)}
        for corpus, speaker in speakers
        for emotion in emotions
        for number in range(clips)
    ]
    return pd.DataFrame(rows)


OWN = table_of(*(("own", str(speaker)) for speaker in range(10)))


def parts(table: pd.DataFrame, split: pd.Series) -> dict[str, set[str]]:
    return {str(name): set(rows) for name, rows in table["speaker"].groupby(split)}


def test_the_protocol_holds_and_no_speaker_is_on_two_sides() -> None:
    for corpus, speakers in TEST_SPEAKERS.items():
        assert not speakers & DEVELOPMENT_SPEAKERS[corpus]
    table = table_of(("ravdess", "01"), ("ravdess", "02"), ("crema-d", "1020"), ("tess", "OAF"), clips=1)
    assert assign_split(table)[::2].tolist() == ["test", "train", "dev", "test"]


def test_other_speakers_are_divided_with_every_emotion_and_always_alike() -> None:
    split = assign_split(OWN)
    divided = parts(OWN, split)
    assert [len(divided[name]) for name in ("train", "dev", "test")] == [6, 2, 2]
    assert (OWN["emotion"].groupby(split).nunique() == 2).all()
    assert split.equals(assign_split(OWN))
    assert (split.index == OWN.index).all()


def test_three_speakers_are_enough_and_whoever_has_most_clips_trains() -> None:
    table = table_of(("own", "a"), ("own", "b"), *[("own", "c")] * 9)
    assert parts(table, assign_split(table))["train"] == {"c"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (table_of(("own", "a"), ("own", "b")), "own: 16 clips with 2 different values of speaker are too few"),
        (table_of(("own", "a"), ("own", ""), ("own", "c")), "own: the speaker of 8 of 24 clips is unknown.*random"),
        (table_of(("ravdess", "01"), ("ravdess", "")), "ravdess: the speaker of 8 of 16 clips is unknown"),
        (table_of(*(("own", s) for s in "abcde"), emotions=("sad",), clips=1).assign(emotion=list("vwxyz")), "too few"),
    ],
)
def test_speakers_that_cannot_be_divided_are_an_error(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(SerError, match=message):
        assign_split(table)


def test_folds_let_each_development_speaker_choose_once() -> None:
    table = table_of(("ravdess", "02"), ("ravdess", "04"), ("ravdess", "10"), ("ravdess", "01"), ("nemo", "MK0"))
    table["split"] = assign_split(table)
    folds = [parts(table, fold_development(table, part, 2)) for part in (1, 2)]
    assert [fold["dev"] for fold in folds] == [{"MK0", "10"}, {"04"}]
    assert [fold["train"] for fold in folds] == [{"02", "04"}, {"02", "10", "MK0"}]
    assert all(fold["test"] == {"01"} for fold in folds)
    assert fold_development(table, 1, 1).equals(table["split"])
    with pytest.raises(SerError, match=r"--fold 4/4: there are only 3 development speakers"):
        fold_development(table, 4, 4)
    with pytest.raises(SerError, match="the speaker of 8 of 16 clips is unknown"):
        fold_development(table_of(("own", "a"), ("own", "")).assign(split="dev"), 1, 2)


@pytest.mark.parametrize(("by", "tests"), [("speaker", None), ("corpus", "tess")])
def test_of_several_corpora_one_with_too_few_speakers_trains_and_is_told(by: str, tests: str | None) -> None:
    table = pd.concat([OWN, table_of(("few", "a"), ("few", "b"), ("tess", "OAF"))], ignore_index=True)
    split = assign_split(table, by, tests)
    assert set(split[table["corpus"] == "few"]) == {"train"}
    assert set(split[table["corpus"] == "own"]) == {"train", "dev"} | ({"test"} if tests is None else set())
    told = (
        "few: too small to be divided by speaker (2 speakers, 16 clips): all of it trains, none of it chooses or tests"
    )
    assert only_training(table.assign(split=split)) == [told]


def test_leaving_one_corpus_out() -> None:
    protocol = table_of(*(("ravdess", actor) for actor in ("01", "02", "04")), ("tess", "OAF"), ("tess", "YAF"))
    table = pd.concat([OWN, protocol], ignore_index=True)
    split = assign_split(table, "corpus", "own")
    assert set(split[table["corpus"] == "own"]) == {"test"}
    divided = parts(protocol, split[len(OWN) :].reset_index(drop=True))
    assert divided == {"train": {"01", "02", "OAF", "YAF"}, "dev": {"04"}}
    split = assign_split(table, "corpus", "tess")
    assert {len(rows) for rows in parts(OWN, split[: len(OWN)]).values()} == {2, 8}
    with pytest.raises(SerError, match=r"no corpus iemocap\. Name one of own, ravdess, tess"):
        assign_split(table, "corpus", "iemocap")
    with pytest.raises(SerError, match="cannot go with --split-by random"):
        assign_split(table, "random", "own")
    with pytest.raises(SerError, match="no corpus named"):
        assign_split(table, "corpus")
    with pytest.raises(SerError, match="own is the only corpus"):
        assign_split(OWN, "corpus", "own")


def test_a_random_division_is_reported_as_leaking() -> None:
    split = assign_split(OWN, "random")
    assert split.value_counts().to_dict() == {"train": 48, "dev": 16, "test": 16}
    assert (OWN["emotion"].groupby(split).nunique() == 2).all() and split.equals(assign_split(OWN, "random"))
    expected = "own: of 16 test clips, 100 % are of a speaker who trains, 100 % say a sentence that trains too"
    assert leaks(OWN.assign(split=split)) == [expected]
    by_speaker = leaks(OWN.assign(split=assign_split(OWN)))
    assert by_speaker == [expected.replace("100 % are", "0 % are")]
    nameless = OWN.assign(split=split, speaker="", sentence="")
    assert "nobody knows" in leaks(nameless)[0]
    partly = OWN.assign(split=split, speaker=OWN["speaker"].where(split != "train", ""))
    assert leaks(partly) == [expected.replace("100 % are", "nobody knows how many are")]


def test_any_column_can_be_divided() -> None:
    split = assign_split(OWN, "sentence")
    assert (split.groupby(OWN["sentence"]).nunique() == 1).all() and set(split) == {"train", "dev", "test"}
    with pytest.raises(SerError, match=r"no column session.*corpus, speaker, emotion, sentence"):
        assign_split(OWN, "session")


def test_a_given_division_is_kept_unless_it_leaks() -> None:
    sides = assign_split(OWN).map({"train": "train", "dev": "test", "test": "dev"})  # another one than its own
    given = OWN.assign(split=sides)
    assert assign_split(given, "given").equals(given["split"])
    with pytest.raises(SerError, match="no column split"):
        assign_split(OWN, "given")
    with pytest.raises(SerError, match=r"nothing \(1 clips\), holdout \(1 clips\)"):
        assign_split(given.assign(split=["", "holdout", *given["split"][2:]]), "given")
    with pytest.raises(SerError, match=r"10 speakers are on several sides.*0 \(own\), 1 \(own\)"):
        assign_split(OWN.assign(split=["train", "test"] * 40), "given")
    with pytest.raises(SerError, match="10 speakers are on several sides"):
        assign_split(OWN.assign(split=["train", "dev"] * 40), "given")
