"""The page's JSON back to the `Result` that it came from, so that every view works on typed fields."""

from typing import Any

from ser_demo.result import Audio, Channel, Model, Result, Scores, Segment


def result_from_json(answer: dict[str, Any]) -> Result:
    """What `Result.to_dict()` was made from; numbers as rounded there, names of emotions in lower case."""
    return Result(
        channels=tuple(_channel(channel) for channel in answer["channels"]),
        audio=Audio(**answer["audio"]),
        model=Model(**answer["model"]),
    )


def _channel(channel: dict[str, Any]) -> Channel:
    return Channel(
        channel_number=channel["channel_number"],
        speech_length=channel["speech_length"],
        scores=_scores(channel["scores"]),
        segments=tuple(Segment(s["start"], s["end"], _scores(s["scores"])) for s in channel["segments"]),
        warnings=tuple(channel["warnings"]),
    )


def _scores(scores: list[dict[str, Any]]) -> Scores:
    return {score["emotion"].lower(): score["probability"] for score in scores}
