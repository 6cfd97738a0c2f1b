"""Results and their JSON and CSV forms."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ser_demo.result import (
    Audio,
    Channel,
    Emotions,
    FailedResult,
    Model,
    Result,
    Segment,
    basic_scores,
    channel_warnings,
    csv_emotions,
    csv_lines,
    csv_text,
    mean_scores,
)

SCORES = {"angry": 0.5, "calm": 0.2, "neutral": 0.1, "sad": 0.1, "happy": 0.06, "disgust": 0.04}
RESULT = Result(
    channels=(
        Channel(0, 3.25, SCORES, (Segment(0.5, 4.0, SCORES),), ()),
        Channel(1, 0.2, {}, (), ("not enough speech",)),
    ),
    audio=Audio(15.2, 44_100, 2),
    model=Model("some-model", "1"),
)


def test_json_has_the_published_shape() -> None:
    document = json.loads(json.dumps(RESULT.to_dict()))
    first, second = document["channels"]
    assert first["channel_number"] == 0
    assert first["speech_length"] == 3.25
    assert first["scores"][0] == {"emotion": "ANGRY", "probability": 0.5}
    assert first["segments"][0]["start"] == 0.5
    assert len(first["segments"][0]["scores"]) == len(SCORES)
    assert second["scores"] == second["segments"] == []
    assert second["warnings"] == ["not enough speech"]
    assert document["audio"] == {"duration": 15.2, "sample_rate": 44_100, "channel_count": 2}
    assert document["model"] == {"name": "some-model", "version": "1"}


def test_basic_emotions_are_four_that_sum_to_one_with_calm_as_neutral() -> None:
    scores = RESULT.to_dict("basic")["channels"][0]["scores"]
    assert [entry["emotion"] for entry in scores] == ["ANGRY", "NEUTRAL", "SAD", "HAPPY"]
    assert sum(entry["probability"] for entry in scores) == pytest.approx(1, abs=1e-5)
    assert scores[1]["probability"] == pytest.approx(0.3 / 0.96, abs=1e-6)


def test_basic_emotions_do_not_pass_for_what_is_most_probable() -> None:
    def warnings(scores: dict[str, float], emotions: Emotions = "basic") -> list[str]:
        channel = Channel(0, 3.0, scores, (), ("uncertain: the noise is louder than the voice",))
        first, *others = channel_warnings(channel, emotions)
        return others and [first]

    fearful = {"fearful": 0.98, "happy": 0.015, "neutral": 0.005}
    told = "most probable of all is fearful (98 %), which is none of these four; ask for all emotions"
    assert warnings(fearful) == [told]
    assert warnings({"traurig": 0.6, "neutral": 0.4})[0].startswith("most probable of all is traurig (60 %)")
    assert warnings(fearful, "all") == warnings(SCORES) == warnings({"calm": 0.6, "happy": 0.4}) == []


def test_a_choice_of_emotions_that_there_is_not_is_no_other_one() -> None:
    with pytest.raises(ValueError, match="emotions is all or basic, not 'BASIC'"):
        RESULT.to_dict("BASIC")  # type: ignore[arg-type]


def test_a_model_without_any_basic_emotion_has_no_basic_scores() -> None:
    assert basic_scores({"laughing": 0.9, "yawning": 0.1}) == {}


def test_the_emotion_is_the_most_probable_or_none() -> None:
    assert [channel.emotion for channel in RESULT.channels] == ["angry", None]


def test_the_mean_counts_by_weight_and_is_ordered() -> None:
    mean = mean_scores([({"sad": 1.0, "happy": 0.0}, 1.0), ({"happy": 1.0, "sad": 0.0}, 3.0)])
    assert list(mean.items()) == [("happy", 0.75), ("sad", 0.25)]
    assert mean_scores([]) == {}


def test_csv_has_a_row_per_channel_and_per_segment() -> None:
    header, *lines = csv_text([("call.wav", RESULT)]).splitlines()
    assert header == "file,channel,start,end,speech_length,emotion," + ",".join(sorted(SCORES))
    assert [line.split(",")[:6] for line in lines] == [
        ["call.wav", "0", "", "", "3.25", "angry"],
        ["call.wav", "0", "0.5", "4.0", "", "angry"],
        ["call.wav", "1", "", "", "0.2", ""],
    ]


def test_csv_lines_come_before_the_next_result_is_asked_for() -> None:
    asked = []

    def results() -> Iterator[tuple[str, Result]]:
        for file in ("a.wav", "b.wav"):
            asked.append(file)
            yield file, RESULT

    lines = csv_lines(results(), csv_emotions([("a.wav", RESULT)]))
    assert [next(lines).split(",")[0] for _ in range(4)] == ["file", "a.wav", "a.wav", "a.wav"] and asked == ["a.wav"]
    assert [line.split(",")[0] for line in lines] == ["b.wav"] * 3


def test_no_name_in_a_csv_is_a_formula_and_numbers_stay_as_they_are() -> None:
    label = "+loud"
    channel = Channel(0, 3.25, {label: 1.0}, (Segment(-0.5, 4.0, {label: 1.0}),), ())
    names = ['=HYPERLINK("http://x","y").wav', "-1.wav", "@a.wav", "\tb.wav", "call=1.wav"]
    text = csv_text([(name, replace(RESULT, channels=(channel,))) for name in names])
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["file"] for row in rows[::2]] == [*(f"'{name}" for name in names[:4]), names[4]]
    assert {row["emotion"] for row in rows} == {"'+loud"} and rows[0]["'+loud"] == "1.0"
    assert rows[1]["start"] == "-0.5"


@pytest.mark.parametrize(
    "changed",
    [
        {"channels": None},
        {"audio": {}},
        {"channels": [{**RESULT.to_dict()["channels"][0], "scores": [{"emotion": None, "probability": 1}]}]},
        {"channels": [{**RESULT.to_dict()["channels"][0], "scores": [{"emotion": "SAD", "probability": "much"}]}]},
        {"channels": [{**RESULT.to_dict()["channels"][0], "speech_length": None}]},
    ],
)
def test_what_is_no_result_is_said(changed: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Result.from_dict({**RESULT.to_dict(), **changed})
    assert Result.from_dict(RESULT.to_dict()) == RESULT


def test_a_failed_result_says_why() -> None:
    failed = FailedResult("call.wav: it is empty.")
    assert failed.error and failed.channels == ()
    assert failed.to_dict() == {"channels": [], "error": "call.wav: it is empty."}
    assert RESULT.error is None
