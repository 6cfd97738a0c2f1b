"""The threads that analyse recordings: dramatiq's worker."""

import logging
import threading
import time
from collections.abc import Callable

import dramatiq

from ser_demo.api import task_log
from ser_demo.api.backend import ACTOR, QUEUE, Backend
from ser_demo.api.perform import OUR_FAULT, HandedBackError, perform
from ser_demo.api.store import StoreError
from ser_demo.api.task import Outcome, State
from ser_demo.recognizer import EmotionRecognizer

FINISH_SECONDS = 2.0  # for what runs when the workers are stopped; what takes longer is handed back
STOP_SECONDS = 20.0  # until the workers are left alone; what they still held then is done by others
RETRY_SECONDS = 1.0  # until a store that did not answer is asked again
CLEAN_SECONDS = 60.0  # between two rounds of deleting

log = logging.getLogger(__name__)
logging.getLogger("dramatiq").setLevel(logging.CRITICAL + 1)  # the store's own errors say more, to those who asked


class Workers:
    """Analyses the tasks of a backend in `threads` threads that share one recogniser."""

    def __init__(self, backend: Backend, recognizer: EmotionRecognizer, threads: int) -> None:
        self._backend = backend
        self._recognizer = recognizer
        self._must_stop_at: float | None = None
        self._stopped = threading.Event()
        self._worker = dramatiq.Worker(backend.broker, worker_timeout=100, worker_threads=threads)
        self._cleaner = threading.Thread(target=self._clean, daemon=True)
        dramatiq.Actor(self._analyse, broker=backend.broker, actor_name=ACTOR, queue_name=QUEUE, priority=0, options={})

    def start(self) -> None:
        self._worker.start()
        self._cleaner.start()

    def stop(self) -> None:
        """Finish what runs within `FINISH_SECONDS`, hand back the rest, and return when nothing runs any more."""
        self._must_stop_at = time.monotonic() + FINISH_SECONDS
        self._stopped.set()
        self._worker.stop(timeout=round(STOP_SECONDS * 1000))

    def _analyse(self, task_id: str) -> None:
        """Do a task. When this returns, it has ended, or waits again for whichever worker comes first."""
        store = self._backend.store
        try:
            perform(task_id, store, self._recognizer, self._must_stop)
        except (HandedBackError, StoreError) as error:
            if isinstance(error, HandedBackError):
                self._repeat(lambda: store.hand_back(task_id))
            self._wait()  # what cannot be reached or is full is not asked without end
            self._repeat(lambda: self._backend.enqueue(task_id))
        except Exception as error:
            task_log.report(task_id)
            failed = Outcome(State.FAILED, error=OUR_FAULT, kind=type(error).__name__)
            self._repeat(lambda: store.finish(task_id, failed))

    def _must_stop(self) -> bool:
        return self._must_stop_at is not None and time.monotonic() > self._must_stop_at

    def _repeat(self, action: Callable[[], None]) -> None:
        while True:
            try:
                return action()
            except StoreError:
                if not self._wait():
                    self._leave_unacknowledged()

    def _wait(self) -> bool:
        """Wait until the store may be asked again; False where the worker is to stop."""
        return not self._stopped.wait(RETRY_SECONDS)

    def _leave_unacknowledged(self) -> None:
        """Never return to dramatiq, which would take the task for done; the thread ends with its process."""
        threading.Event().wait()

    def _clean(self) -> None:
        while not self._stopped.wait(CLEAN_SECONDS):
            try:
                self._backend.store.delete_expired()
            except StoreError as error:
                log.warning("expired results are deleted later: %s", error)
            except Exception:
                log.exception("expired results could not be deleted")  # and the next round is tried all the same
