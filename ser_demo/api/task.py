"""A task: one recording that somebody sent, and what has become of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast
from uuid import uuid4

from ser_demo.result import Emotions
from ser_demo.selection import ChannelMode, Selection


class State(StrEnum):
    """Where a task stands, in Phonexia's words."""

    PENDING = "pending"  # accepted, and waiting for a worker
    RUNNING = "running"
    DONE = "done"  # it has a result
    FAILED = "failed"  # through no fault of the recording; the same task may succeed another time
    REJECTED = "rejected"  # the recording is not one that can be analysed; another one may be


UNFINISHED = (State.PENDING, State.RUNNING)

TASKS, ERRORS, AUDIO_SECONDS = "tasks:", "errors:", "audio_seconds"  # names of figures; the first two go on


@dataclass(frozen=True)
class Order:
    """What was asked for: the recording's own name, the part of it, and which emotions."""

    file_name: str
    selection: Selection = field(default_factory=Selection)
    emotions: Emotions = "basic"

    def to_json(self) -> dict[str, Any]:
        """Plain values, from which `from_json` makes the order again."""
        return {
            "file_name": self.file_name,
            "channels": self.selection.channels,
            "channel_mode": self.selection.channel_mode,
            "range_from": self.selection.range_from,
            "range_to": self.selection.range_to,
            "max_speech_length": self.selection.max_speech_length,
            "emotions": self.emotions,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Order":
        """The order; what an earlier version has not written yet is as by default."""
        channels = values.get("channels")
        selection = Selection(
            channels=None if channels is None else tuple(channels),
            channel_mode=cast(ChannelMode, values.get("channel_mode", "split")),
            range_from=values.get("range_from", 0.0),
            range_to=values.get("range_to"),
            max_speech_length=values.get("max_speech_length"),
        )
        return cls(values["file_name"], selection, values.get("emotions", "basic"))


@dataclass(frozen=True)
class Task:
    """An order, its state, and how it ended."""

    order: Order
    accepted: float
    """Seconds since 1970."""
    task_id: str = field(default_factory=lambda: str(uuid4()))
    state: State = State.PENDING
    attempts: int = 0
    """How often it was begun; written before it is."""
    result: dict[str, Any] | None = None
    """The JSON of a `Result`, where the state is done."""
    error: str | None = None
    """Why it failed or was rejected, one plain line."""


@dataclass(frozen=True)
class Outcome:
    """How a task ended."""

    state: State
    result: dict[str, Any] | None = None
    error: str | None = None
    kind: str | None = None
    """The class of the error, for counting."""
    audio_seconds: float = 0.0

    @property
    def figures(self) -> dict[str, float]:
        """What it adds to the figures of all tasks: tasks by state, errors by kind, seconds of audio."""
        errors = {} if self.kind is None else {f"{ERRORS}{self.kind}": 1.0}
        return {f"{TASKS}{self.state}": 1.0, AUDIO_SECONDS: self.audio_seconds, **errors}
