"""What a worker does with one task, whichever store it comes from."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ser_demo.api import task_log
from ser_demo.api.store import StoreError, TaskStore
from ser_demo.api.task import Outcome, State, Task
from ser_demo.audio import DecodingStoppedError
from ser_demo.errors import AudioError, UnreadableAudioError
from ser_demo.recognizer import EmotionRecognizer

MOST_ATTEMPTS = 2
BROKE_OFF = f"its analysis broke off {MOST_ATTEMPTS} times, and is not tried again. The recording may be damaged."
OUR_FAULT = "it could not be analysed, through a fault of the service. Try again later."


class HandedBackError(Exception):
    """The task is begun and not finished, through no fault of its recording; somebody else will do it, or later."""


class DeletedError(Exception):
    """Whoever sent the task has deleted it in the meantime."""


def perform(task_id: str, store: TaskStore, recognizer: EmotionRecognizer, must_stop: Callable[[], bool]) -> None:
    """Do one task and write down how it ended, or nothing where it has ended already.

    An attempt is counted before anything is read, so that a recording which ends the whole process is given up
    after `MOST_ATTEMPTS`.

    Raises:
        HandedBackError: the task was begun and can be finished by others, or later: `must_stop` said so, the decoder
            was told to stop, or the store cannot be reached or has no room. The attempt is to be taken back.
        StoreError: the store cannot be reached; the task was not begun.
    """
    task = store.begin(task_id)
    if task is None:
        return
    begun = time.time()
    outcome: Outcome | None
    try:
        if task.attempts > MOST_ATTEMPTS:
            outcome = Outcome(State.FAILED, error=f"{task.order.file_name}: {BROKE_OFF}", kind="BrokeOff")
        else:
            outcome = _analyse(task, store, recognizer, must_stop)
        if outcome is not None:
            store.finish(task_id, outcome)
    except StoreError as error:
        raise HandedBackError from error
    if outcome is not None:
        task_log.write(task, outcome, begun)


def _analyse(
    task: Task, store: TaskStore, recognizer: EmotionRecognizer, must_stop: Callable[[], bool]
) -> Outcome | None:
    def look_up(done: float, total: float) -> None:
        if must_stop():
            raise HandedBackError
        with suppress(StoreError):
            if store.get(task.task_id) is None:
                raise DeletedError

    try:
        with store.recording(task.task_id) as path:
            if path is None:
                look_up(0, 0)  # somebody may have deleted it
                return Outcome(State.FAILED, error=OUR_FAULT, kind="RecordingGone")
            return _recognize(path, task, recognizer, look_up)
    except DeletedError:
        return None


def _recognize(
    path: Path, task: Task, recognizer: EmotionRecognizer, look_up: Callable[[float, float], None]
) -> Outcome:
    order = task.order
    try:
        result = recognizer.recognize(path, name=order.file_name, progress=look_up, selection=order.selection)
        return Outcome(State.DONE, result.to_dict(order.emotions), audio_seconds=result.audio.duration)
    except (HandedBackError, DeletedError):
        raise
    except DecodingStoppedError as error:
        raise HandedBackError from error
    except UnreadableAudioError as error:  # of a file that is our own
        look_up(0, 0)
        task_log.complain(task.task_id, error.problem)
        return Outcome(State.FAILED, error=f"{order.file_name}: {OUR_FAULT}", kind=type(error).__name__)
    except AudioError as error:
        return Outcome(State.REJECTED, error=str(error), kind=type(error).__name__)
    except Exception as error:
        task_log.report(task.task_id)
        return Outcome(State.FAILED, error=f"{order.file_name}: {OUR_FAULT}", kind=type(error).__name__)
