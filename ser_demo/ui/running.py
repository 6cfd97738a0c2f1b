"""Whose work is to end: visitors who pressed Stop, closed their tab, or have chosen another recording by now."""

import time
from typing import Any

import gradio as gr

from ser_demo.ui.language import language_of
from ser_demo.ui.status import failed_html
from ser_demo.ui.words import Language, say_in_each

# Seconds for the word to come that a recording was chosen, which is sent beside the order to analyse it: enough for a
# slow device, and for what a bad line loses and sends again.
GRACE = 10.0


class Stopped(Exception):
    """The visitor does not want the answer any more."""


class Overtaken(Stopped):
    """The visitor has chosen something else: nothing of the answer may be shown."""


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
        return not self.is_stopped and not self.is_overtaken

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
        if self.is_stopped:
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
    """The work under way, by session; a session does one thing at a time."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._chosen: dict[str, str | None] = {}  # the recording that each session has chosen

    def listen(
        self, page: gr.Blocks, switch: gr.HTML, audio: gr.Audio, stop: gr.Button, status: gr.HTML, runs: list[Any]
    ) -> None:
        """Hears from the page what becomes of the work that the events `runs` begin.

        Args:
            page: whoever leaves it waits for nothing.
            switch: tells by its `change` that the visitor reads another language now.
            audio: the recording that is worked on.
            stop: ends the work.
            status: where it is said to be stopped.
            runs: work that waits for its turn has not begun, and is taken out of the queue.
        """
        private: dict[str, Any] = {"queue": False, "api_visibility": "private", "show_progress": "hidden"}
        audio.change(self.choose, audio, None, **private)
        stop.click(self.stop, None, None, **private)
        stop.click(lambda: failed_html(say_in_each("stopped")), None, status, cancels=runs, **private)
        switch.change(self.translate, None, None, **private)
        page.unload(self.leave)

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
