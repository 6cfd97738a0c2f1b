"""Results and their JSON and CSV forms."""

import json

import pytest

from ser_demo.result import (
    Audio,
    Channel,
    FailedResult,
    Model,
    Result,
    Segment,
    basic_scores,
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


def test_a_failed_result_says_why() -> None:
    failed = FailedResult("call.wav: it is empty.")
    assert failed.error and failed.channels == ()
    assert failed.to_dict() == {"channels": [], "error": "call.wav: it is empty."}
    assert RESULT.error is None
