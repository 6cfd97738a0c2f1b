"""Query parameters of the REST API to an `Order`, in Phonexia's words."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from ser_demo.selection import Selection

Channels = Annotated[
    list[Annotated[str, Field(pattern=r"^[0-9]{1,3}(,[0-9]{1,3})*$")]],
    Query(
        description="Numbers of the channels to analyse, counted from 0; by default every channel",
        examples=[["0"], ["0", "1"], ["0,1"]],
    ),
]
ChannelMode = Annotated[
    Literal["split", "mix"],
    Query(description="split: each channel has a result of its own; mix: the channels are mixed into one"),
]
Emotions = Annotated[
    Literal["basic", "all"],
    Query(description="basic: HAPPY, NEUTRAL, SAD and ANGRY; all: every emotion that the model tells apart"),
]
RangeFrom = Annotated[float, Query(ge=0, le=1e9, description="Seconds at which the analysis begins", examples=[0.0])]
RangeTo = Annotated[
    float | None, Query(gt=0, le=1e9, description="Seconds at which the analysis ends", examples=[60.0])
]
MaxSpeechLength = Annotated[
    float | None,
    Query(gt=0, le=1e9, description="Seconds of speech in each channel after which it ends", examples=[30.0]),
]


def to_selection(
    channels: list[str], channel_mode: ChannelMode, range_from: float, range_to: float | None, max_speech: float | None
) -> Selection:
    """The selection that the parameters mean; raises ValueError with a message for whoever sent them."""
    numbers = {int(number) for text in channels for number in text.split(",")}
    return Selection(
        channels=tuple(sorted(numbers)) or None,
        channel_mode=channel_mode,
        range_from=range_from,
        range_to=range_to,
        max_speech_length=max_speech,
    )
