"""What requests and answers of the REST API look like, for checking them and for its documentation."""

from typing import Any

from pydantic import BaseModel, Field

from ser_demo.api.task import State

TASK_ID = "123e4567-e89b-12d3-a456-426614174000"


class Score(BaseModel):
    emotion: str = Field(examples=["HAPPY"], description="In upper case")
    probability: float = Field(ge=0, le=1, examples=[0.85])


class Segment(BaseModel):
    start: float = Field(description="Seconds from the start of the recording", examples=[0.0])
    end: float = Field(examples=[5.0])
    scores: list[Score]


class Channel(BaseModel):
    channel_number: int = Field(description="Counted from 0", examples=[0])
    speech_length: float = Field(description="Seconds of speech that were found", examples=[13.5])
    scores: list[Score] = Field(description="From most to least probable; empty where there is too little speech")
    segments: list[Segment]
    warnings: list[str]


class Audio(BaseModel):
    duration: float = Field(description="Seconds", examples=[15.2])
    sample_rate: int = Field(description="Hz", examples=[44100])
    channel_count: int = Field(examples=[1])


class Model(BaseModel):
    name: str = Field(examples=["ser-demo-whisper"])
    version: str = Field(examples=["0.1.0"])


class RecognitionResult(BaseModel):
    channels: list[Channel]
    audio: Audio
    model: Model


class TaskInfo(BaseModel):
    task_id: str = Field(examples=[TASK_ID])
    state: State = Field(
        description="pending and running: ask again later; done: see result; failed: see error, the same task may "
        "succeed another time; rejected: see error, this recording cannot be analysed, another one may be"
    )


class StartedTask(BaseModel):
    """A task was accepted, and is kept whatever happens to the server."""

    task: TaskInfo = Field(examples=[{"task_id": TASK_ID, "state": "pending"}])


class TaskStatus(BaseModel):
    """How a task stands."""

    task: TaskInfo
    result: RecognitionResult | None = Field(default=None, description="Where the state is done")
    error: str | None = Field(default=None, description="Where the state is failed or rejected")


class Health(BaseModel):
    live: bool = Field(description="The server answers", examples=[True])
    ready: bool = Field(description="It can accept and analyse recordings", examples=[True])


class Problem(BaseModel):
    """Every error has this form."""

    detail: str = Field(
        description="What is wrong and what to do", examples=["no file was sent. Send it as the field 'file'."]
    )


def problems(**descriptions: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's description of error answers, from `_404="..."` and the like."""
    return {int(code[1:]): {"model": Problem, "description": text} for code, text in descriptions.items()}
