"""One line of JSON for each task that ends, on standard error: when, how, how long; never content or file names."""

import json
import logging
import time
from datetime import UTC, datetime

from ser_demo.api.task import Outcome, Task

log = logging.getLogger(__name__)


def write(task: Task, outcome: Outcome, begun: float) -> None:
    """Log the end of a task that was begun at `begun`, in seconds since 1970."""
    now = time.time()
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "task_id": task.task_id,
        "state": outcome.state,
        "error": outcome.kind,
        "attempts": task.attempts,
        "audio_seconds": round(outcome.audio_seconds, 3),
        "waited_seconds": round(begun - task.accepted, 3),
        "worked_seconds": round(now - begun, 3),
    }
    log.info(json.dumps(line))


def report(task_id: str) -> None:
    """Log the exception that is being handled, with its traceback, for whoever runs the service."""
    log.exception("task %s failed", task_id)


def complain(task_id: str, problem: str) -> None:
    """Log why the recording of a task could not be read here; `problem` names neither file nor folder."""
    log.error("task %s failed: its recording in the store: %s", task_id, problem)


def show() -> None:
    """Print the lines, as a server wants them; a program that has set up logging itself need not call this."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
