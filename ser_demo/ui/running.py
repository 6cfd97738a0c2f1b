"""Whose work is to end: visitors who pressed Stop or closed their tab."""

import gradio as gr


class Stopped(Exception):
    """The visitor does not want the answer any more."""


class Running:
    """The work under way, by session; a session does one thing at a time."""

    def __init__(self) -> None:
        self._stopped: dict[str, bool] = {}

    def begin(self, request: gr.Request) -> None:
        """Work for this session begins."""
        self._stopped[str(request.session_hash)] = False

    def stop(self, request: gr.Request) -> None:
        """The session's work, if any, is to end."""
        session = str(request.session_hash)
        if session in self._stopped:
            self._stopped[session] = True

    def goes_on(self, request: gr.Request) -> bool:
        """Whether somebody still waits for the work."""
        return not self._stopped.get(str(request.session_hash), False)

    def check(self, request: gr.Request) -> None:
        """Called now and then by the work; raises Stopped where it is to end."""
        if not self.goes_on(request):
            raise Stopped

    def end(self, request: gr.Request) -> None:
        """The session's work has ended."""
        self._stopped.pop(str(request.session_hash), None)
