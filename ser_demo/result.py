"""What a recording was found to hold: small frozen values, and their JSON and CSV forms.

Scores map an emotion's name to its probability, from most to least probable, summing to 1; they are empty where there
is too little speech to tell.
"""

import csv
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

Scores = dict[str, float]
Emotions = Literal["all", "basic"]
BASIC = ("happy", "neutral", "sad", "angry")
NONE_OF_THEM = "none of happy, neutral, sad and angry has any probability; ask for all emotions"
UNCERTAIN = "uncertain"  # begins the warning of a channel whose most probable emotion is not probable enough

CSV_FIELDS = ("file", "channel", "start", "end", "speech_length", "emotion")
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # in the eyes of a spreadsheet


@dataclass(frozen=True)
class Segment:
    """The scores of one window of speech, from `start` to `end` in seconds."""

    start: float
    end: float
    scores: Scores


@dataclass(frozen=True)
class Channel:
    """One channel of a recording.

    Attributes:
        channel_number: counted from 0.
        speech_length: seconds of speech that were found.
        scores: mean of the segments' scores, each weighted by its seconds of speech.
        segments: in time order.
        warnings: what a reader of the result should know, in plain words.
    """

    channel_number: int
    speech_length: float
    scores: Scores
    segments: tuple[Segment, ...]
    warnings: tuple[str, ...]

    @property
    def emotion(self) -> str | None:
        """The most probable emotion, None where there is too little speech."""
        return next(iter(self.scores), None)

    @property
    def is_uncertain(self) -> bool:
        """Whether the model is too unsure for its most probable emotion to be taken as an answer."""
        return any(warning.startswith(UNCERTAIN) for warning in self.warnings)


@dataclass(frozen=True)
class Audio:
    """The recording: seconds that were read, Hz, and the number of channels."""

    duration: float
    sample_rate: int
    channel_count: int


@dataclass(frozen=True)
class Model:
    """The checkpoint that answered."""

    name: str
    version: str


@dataclass(frozen=True)
class Result:
    """What one recording was found to hold."""

    channels: tuple[Channel, ...]
    audio: Audio
    model: Model
    error: None = None

    def to_dict(self, emotions: Emotions = "all") -> dict[str, Any]:
        """The JSON form; `emotions="basic"` gives exactly HAPPY, NEUTRAL, SAD and ANGRY (see `basic_scores`).

        Raises:
            ValueError: `emotions` is neither "all" nor "basic".
        """
        return {
            "channels": [
                {
                    "channel_number": channel.channel_number,
                    "speech_length": round(channel.speech_length, 3),
                    "scores": _json_scores(channel.scores, emotions),
                    "segments": [
                        {
                            "start": round(segment.start, 3),
                            "end": round(segment.end, 3),
                            "scores": _json_scores(segment.scores, emotions),
                        }
                        for segment in channel.segments
                    ],
                    "warnings": channel_warnings(channel, emotions),
                }
                for channel in self.channels
            ],
            "audio": {
                "duration": round(self.audio.duration, 3),
                "sample_rate": self.audio.sample_rate,
                "channel_count": self.audio.channel_count,
            },
            "model": {"name": self.model.name, "version": self.model.version},
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any], labels: Iterable[str] = ()) -> "Result":
        """What `to_dict` was made from; numbers as rounded there, names of emotions in lower case.

        Args:
            content: what `to_dict` gave.
            labels: names of emotions that are not spelled in lower case alone, as those of other models may be.

        Raises:
            KeyError, TypeError, ValueError: it is no result.
        """
        spelled = {label.upper(): label for label in labels}
        return cls(
            channels=tuple(_channel(channel, spelled) for channel in content["channels"]),
            audio=Audio(**content["audio"]),
            model=Model(**content["model"]),
        )

    def to_json(self) -> str:
        """The text of a JSON file."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class FailedResult:
    """A recording that could not be analysed, and why; stands in a row of results where a `Result` would."""

    error: str
    channels: tuple[Channel, ...] = ()

    def to_dict(self, emotions: Emotions = "all") -> dict[str, Any]:
        """The JSON form, the same for any choice of emotions."""
        return {"channels": [], "error": self.error}


def _channel(content: dict[str, Any], spelled: dict[str, str]) -> Channel:
    return Channel(
        channel_number=content["channel_number"],
        speech_length=float(content["speech_length"]),
        scores=_scores(content["scores"], spelled),
        segments=tuple(
            Segment(float(part["start"]), float(part["end"]), _scores(part["scores"], spelled))
            for part in content["segments"]
        ),
        warnings=tuple(content["warnings"]),
    )


def _scores(content: list[dict[str, Any]], spelled: dict[str, str]) -> Scores:
    scores = {str.lower(score["emotion"]): float(score["probability"]) for score in content}  # TypeError of no text
    return {spelled.get(emotion.upper(), emotion): probability for emotion, probability in scores.items()}


def order_scores(scores: Scores) -> Scores:
    """From most to least probable; equal ones keep their order."""
    return dict(sorted(scores.items(), key=lambda item: -item[1]))


def mean_scores(parts: Iterable[tuple[Scores, float]]) -> Scores:
    """The mean of scores, each counted by its weight; empty where nothing weighs anything."""
    totals: Scores = {}
    for scores, weight in parts:
        for emotion, probability in scores.items():
            totals[emotion] = totals.get(emotion, 0.0) + weight * probability
    whole = sum(totals.values())
    return order_scores({emotion: total / whole for emotion, total in totals.items()}) if whole > 0 else {}


def basic_scores(scores: Scores) -> Scores:
    """Happy, neutral, sad and angry, renormalised: calm counts as neutral, the other emotions are dropped.

    Empty where none of the four has any probability.
    """
    merged = {emotion: scores.get(emotion, 0.0) for emotion in BASIC}
    merged["neutral"] += scores.get("calm", 0.0)
    return mean_scores([(merged, 1.0)])


def choose_scores(scores: Scores, emotions: Emotions) -> Scores:
    """All scores, or the basic four of them; raises ValueError for any other choice."""
    if emotions not in ("all", "basic"):
        raise ValueError(f"emotions is all or basic, not {emotions!r}")
    return basic_scores(scores) if emotions == "basic" else scores


def channel_warnings(channel: Channel, emotions: Emotions) -> list[str]:
    """A channel's warnings, with one more where the chosen emotions leave out what is most probable."""
    chosen = choose_scores(channel.scores, emotions)
    emotion = channel.emotion
    if emotion is None or emotion in chosen or (emotion == "calm" and chosen):
        return list(channel.warnings)
    most = f"most probable of all is {emotion} ({100 * channel.scores[emotion]:.0f} %), which is none of these four"
    return [f"{most}; ask for all emotions" if chosen else NONE_OF_THEM, *channel.warnings]


def csv_text(results: Iterable[tuple[str, Result]], emotions: Emotions = "all") -> str:
    """A table of results, each beside its file's name.

    One row per channel with the whole channel's scores, its times left empty, and after it one per segment. Columns are
    `CSV_FIELDS`, then the emotions in alphabetical order.

    A spreadsheet would compute the name of a file or an emotion that begins with = + - @, a tab or the end of a line as
    a formula, so such a name has an apostrophe before it (OWASP, "CSV Injection"). Numbers have none.
    """
    results = list(results)
    return "".join(csv_lines(results, csv_emotions(results, emotions), emotions))


def csv_lines(
    results: Iterable[tuple[str, Result]], columns: Collection[str], emotions: Emotions = "all"
) -> Iterator[str]:
    """The lines of `csv_text`, one after the other; nothing of a result is kept once its lines are out.

    Args:
        results: each beside its file's name.
        columns: `csv_emotions` of the same results.
        emotions: as for `csv_emotions`.
    """
    columns = sorted(columns)
    writer = csv.writer(_Passing(), lineterminator="\n")
    yield writer.writerow([*CSV_FIELDS, *map(plain_name, columns)])
    for file, result in results:
        for row in _csv_rows(plain_name(file), result, emotions):
            yield writer.writerow([row.get(column, "") for column in (*CSV_FIELDS, *columns)])


def csv_emotions(results: Iterable[tuple[str, Result]], emotions: Emotions = "all") -> set[str]:
    """The emotions that a table of results has a column for."""
    return {
        emotion
        for _, result in results
        for channel in result.channels
        for scores in (channel.scores, *(segment.scores for segment in channel.segments))
        for emotion in choose_scores(scores, emotions)
    }


class _Passing:
    """Stands in for the file of a `csv.writer`, which gives back what `write` does: the line."""

    def write(self, line: str) -> str:
        return line


def plain_name(name: str) -> str:
    """A name for a cell of a CSV file: with an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{name}" if name.startswith(_BEGINS_A_FORMULA) else name


def _csv_rows(file: str, result: Result, emotions: Emotions) -> Iterator[dict[str, Any]]:
    for channel in result.channels:
        common = {"file": file, "channel": channel.channel_number}
        whole = {**common, "speech_length": round(channel.speech_length, 3)}
        yield {**whole, **_csv_scores(channel.scores, emotions)}
        for segment in channel.segments:
            times = {"start": round(segment.start, 3), "end": round(segment.end, 3)}
            yield {**common, **times, **_csv_scores(segment.scores, emotions)}


def _csv_scores(scores: Scores, emotions: Emotions) -> dict[str, Any]:
    chosen = choose_scores(scores, emotions)
    return {"emotion": plain_name(next(iter(chosen), "")), **{emotion: round(p, 6) for emotion, p in chosen.items()}}


def _json_scores(scores: Scores, emotions: Emotions) -> list[dict[str, Any]]:
    chosen = choose_scores(scores, emotions)
    return [{"emotion": emotion.upper(), "probability": round(p, 6)} for emotion, p in chosen.items()]
