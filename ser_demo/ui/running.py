"""Whose work is to end: visitors who pressed Stop, closed their tab, or have chosen another recording by now."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from ser_demo.errors import SerError
from ser_demo.ui.language import language_of
from ser_demo.ui.messages import error_texts
from ser_demo.ui.status import failed_html
from ser_demo.ui.words import Language, say_in_each

# Seconds for the word to come that a recording was chosen, which is sent beside the order to analyse it: enough for a
# slow device, and for what a bad line loses and sends again.
GRACE = 10.0

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The visitor does not want the answer any more."""


class Overtaken(Stopped):
    """The visitor has chosen something else: nothing of the answer may be shown."""


class Unanswered(Exception):
    """There is no answer; `texts` says why."""

    def __init__(self, texts: dict[Language, str]):
        super().__init__()
        self.texts = texts


class Run:
    """One piece of work for a session, on `file` where it is on one."""

    def __init__(self, running: "Running", session: str, file: str | None, language: Language):
        self._running, self._session, self._file = running, session, file
        self._begun = time.monotonic()
        self._was_chosen = file is not None and running.chosen(session, "") == file
        self.is_stopped = False
        self.is_overtaken = False
        self.language = language  # that the visitor reads by now

    @property
    def goes_on(self) -> bool:
        """Whether somebody still waits for the work."""
        return bool(self._running.page.is_running) and not self.is_stopped and not self.is_overtaken

    def hear(self, file: str | None) -> None:
        """The session has chosen this recording, or none: another one after this one needs no `GRACE`."""
        if file == self._file:
            self._was_chosen = True
        elif self._was_chosen:
            self.is_overtaken = True

    def check(self) -> None:
        """Called now and then by the work; raises Stopped or Overtaken where it is to end."""
        if self.is_overtaken or (not self._is_chosen() and time.monotonic() - self._begun > GRACE):
            raise Overtaken
        if not self.goes_on:
            raise Stopped

    def finish(self) -> None:
        """Called before the answer is shown; raises Overtaken where it must not be."""
        while not (self._is_chosen() or self.is_overtaken) and time.monotonic() - self._begun <= GRACE:
            time.sleep(0.05)
        if self.is_overtaken or not self._is_chosen():
            raise Overtaken

    def _is_chosen(self) -> bool:
        return self._file is None or self._running.chosen(self._session, self._file) == self._file


class Running:
    """The work under way, by session; a session does one thing at a time.

    Args:
        page: as long as it runs, there is work.
    """

    def __init__(self, page: gr.Blocks) -> None:
        self.page = page
        self._runs: dict[str, Run] = {}
        self._chosen: dict[str, str | None] = {}  # the recording that each session has chosen

    def listen(self, switch: gr.HTML, audio: gr.Audio, stop: gr.Button, status: gr.HTML, runs: list[Any]) -> None:
        """Hears from the page what becomes of the work that the events `runs` begin.

        Args:
            switch: tells by its `change` that the visitor reads another language now.
            audio: the recording that is worked on.
            stop: ends the work.
            status: where it is said to be stopped.
            runs: work that waits for its turn has not begun, and is taken out of the queue.
        """
        private: dict[str, Any] = {"queue": False, "api_visibility": "private", "show_progress": "hidden"}
        audio.change(self.choose, audio, None, **private)
        # The page takes no order while an earlier one is at work: what is overtaken must not hold up the next.
        gr.on([audio.upload, audio.clear, audio.stop_recording], None, cancels=runs, **private)
        stop.click(self.stop, None, None, **private)
        stop.click(lambda: failed_html(say_in_each("stopped")), None, status, cancels=runs, **private)
        switch.change(self.translate, None, None, **private)
        self.page.unload(self.leave)

    @contextmanager
    def work(self, request: gr.Request, file: str) -> Iterator[Run]:
        """For a block that analyses a recording: after it, the answer may be shown.

        Raises:
            Overtaken: nothing may be shown.
            Unanswered: the work was stopped or failed.
        """
        run = self.begin(request, file)
        try:
            yield run
            run.finish()
        except Overtaken:
            raise
        except Stopped as error:
            raise Unanswered(say_in_each("stopped")) from error
        except SerError as error:
            raise Unanswered(error_texts(error)) from error
        except Exception as error:
            log.exception("a recording could not be analysed")
            raise Unanswered(say_in_each("apology")) from error
        finally:
            self.end(request, run)

    def begin(self, request: gr.Request, file: str | None = None) -> Run:
        """Work for this session begins; what it did before is overtaken."""
        session = str(request.session_hash)
        if session in self._runs:
            self._runs[session].is_overtaken = True
        run = self._runs[session] = Run(self, session, file, language_of(request))
        return run

    def choose(self, file: str | None, request: gr.Request) -> None:
        """The session has chosen this recording, or none: work on another one is overtaken."""
        session = str(request.session_hash)
        self._chosen[session] = file
        if session in self._runs:
            self._runs[session].hear(file)

    def chosen(self, session: str, default: str) -> str | None:
        """The recording that a session has chosen; `default` where it never said so."""
        return self._chosen.get(session, default)

    def translate(self, request: gr.Request) -> None:
        """The visitor reads another language now."""
        run = self._runs.get(str(request.session_hash))
        if run is not None:
            run.language = language_of(request)

    def stop(self, request: gr.Request) -> None:
        """The session's work, if any, is to end."""
        run = self._runs.get(str(request.session_hash))
        if run is not None:
            run.is_stopped = True

    def leave(self, request: gr.Request) -> None:
        """The session's tab is closed."""
        self.stop(request)
        self._chosen.pop(str(request.session_hash), None)

    def end(self, request: gr.Request, run: Run) -> None:
        """Work has ended."""
        if self._runs.get(str(request.session_hash)) is run:
            del self._runs[str(request.session_hash)]
