"""The process that analyses what its server accepts.

Apart from the server, so that its work holds up no answer, and so that a recording or a library which ends it ends no
more: the server starts another, and whatever was begun is begun again.
"""

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event

from ser_demo.api import task_log
from ser_demo.api.backend import open_backend
from ser_demo.api.workers import STOP_SECONDS, Workers
from ser_demo.audio import open_isolated
from ser_demo.recognizer import EmotionRecognizer
from ser_demo.settings import Settings

RESTART_SECONDS = 1.0  # between the end of a process and the start of the next
LEAVE_SECONDS = 5.0  # for the rest of its end when its workers have stopped
LOOK_SECONDS = 0.2  # between two looks whether to stop
POLITENESS = 15  # added to the niceness of a process that must not hold up its server's answers

log = logging.getLogger(__name__)


def work(settings: Settings, must_stop: Callable[[], bool], on_start: Callable[[], object]) -> None:
    """Analyse tasks in this process until `must_stop` says so; then finish or hand back what runs, within seconds.

    Raises:
        ModelError, SettingsError: the model, or the place of the tasks, cannot be used.
    """
    recognizer = EmotionRecognizer(settings=settings, open_audio=open_isolated)
    backend = open_backend(settings)
    workers = Workers(backend, recognizer, settings.workers)
    workers.start()
    on_start()
    while not must_stop():
        time.sleep(LOOK_SECONDS)  # no lock, which a signal's handler could be left waiting for
    workers.stop()
    backend.close()


class WorkerProcess:
    """`work` in a process of its own, which is started again whenever it ends before it is to."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self._changing = threading.Lock()  # held while a process is started or stopped
        self._context = multiprocessing.get_context("spawn")
        self._has_begun = self._context.Event()  # set by the process once it has loaded the model
        self._process: SpawnProcess | None = None
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)

    def start(self) -> None:
        self._supervisor.start()

    def stop(self) -> None:
        """Let it finish or hand back what runs; it is gone when this returns."""
        with self._changing:
            self._stopping.set()
            if self._process is not None:
                self._process.terminate()
        self._supervisor.join(STOP_SECONDS + LEAVE_SECONDS)
        if self._process is not None:
            self._process.kill()

    def is_ready(self) -> bool:
        """Whether recordings are analysed: the process lives and has loaded the model."""
        process = self._process  # which may be another one by the next question
        return process is not None and process.is_alive() and self._has_begun.is_set()

    def _supervise(self) -> None:
        if hasattr(signal, "pthread_sigmask"):  # which the process inherits: Ctrl-C would end it while it still loads
            resource_tracker.ensure_running()  # the start of this one, which is part of the first, lifts the mask
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        while True:
            with self._changing:
                if self._stopping.is_set():
                    return
                self._has_begun.clear()
                self._process = self._start_process()
            if self._process is not None:
                self._process.join()
            if not self._stopping.wait(RESTART_SECONDS) and self._process is not None:
                log.error("the workers' process ended (exit code %s) and is started again", self._process.exitcode)

    def _start_process(self) -> SpawnProcess | None:
        """A new process; None where the system has no place for one now, as of too many processes or open files."""
        process = self._context.Process(target=_work, args=(self._settings, self._has_begun))
        try:
            process.start()
        except OSError as error:
            log.error("the workers' process could not be started (%s), and is tried again", error.strerror)
            return None
        return process


def _work(settings: Settings, has_begun: Event) -> None:
    """The child. Until it has begun, SIGTERM ends it at once: there is nothing to hand back."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's affair
    if hasattr(os, "nice"):
        os.nice(POLITENESS)
    task_log.show()
    server = multiprocessing.parent_process()
    assert server is not None
    stop = threading.Event()

    def begin() -> None:
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        has_begun.set()

    # A server that was killed cannot say that it is over.
    work(settings, must_stop=lambda: stop.is_set() or not server.is_alive(), on_start=begin)
