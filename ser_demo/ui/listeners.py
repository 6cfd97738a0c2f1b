"""Who is listening: the live sessions of visitors, few at once, each forgotten soon after its browser falls silent.

They are not kept in `gr.State`: what a page's script calls cannot reach it, and Gradio keeps the state of a closed tab
for an hour. The browser itself keeps the recording; a session holds the window that is growing, and the segments.
"""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ser_demo.errors import SerError
from ser_demo.live import LiveRecognition, Moment
from ser_demo.recognizer import EmotionRecognizer

MOST = 16  # sessions at once
SILENT = 45.0  # seconds without a chunk, after which a browser is gone; it sends empty ones while it is paused
LONGEST = 15 * 60.0  # seconds of sound in one session
LASTS = 3600.0  # seconds by the clock, pauses included, after which a session is over


class TooManyListenersError(SerError):
    """All places are taken."""


class NotListeningError(SerError):
    """There is no such session, or no longer."""


@dataclass
class _Session:
    live: LiveRecognition
    begun: float  # when, by the clock
    heard: float
    lock: threading.Lock = field(default_factory=threading.Lock)


class Listeners:
    """The sessions of one page; safe to call from many threads.

    Args:
        longest: seconds of sound that a session takes.
        most: sessions at once.
        clock: tells the seconds.
    """

    def __init__(
        self,
        longest: float = LONGEST,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.longest = longest
        self._most = most
        self._clock = clock
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def open(self, recognizer: EmotionRecognizer, sample_rate: int) -> str:
        """Begins a session for chunks of `sample_rate` Hz and returns the ticket that only its browser knows.

        Raises:
            SampleRateError: no microphone has this rate.
            TooManyListenersError: there is no place left.
        """
        live = recognizer.listen(sample_rate)
        ticket = secrets.token_urlsafe(16)
        with self._lock:
            self._forget_silent()
            if len(self._sessions) >= self._most:
                raise TooManyListenersError("Too many people are listening at the moment. Try again in a few minutes.")
            self._sessions[ticket] = _Session(live, now := self._clock(), now)
        return ticket

    def hear(self, ticket: str, samples: np.ndarray) -> Moment:
        """What is known with the next chunk, (n,) float32; what goes beyond `longest` is not heard.

        Raises:
            NotListeningError: the session was closed, or forgotten.
        """
        session = self._session(ticket)
        with session.lock:
            left = max(0, round((self.longest - session.live.seconds) * session.live.sample_rate))
            return session.live.feed(samples[:left])

    def close(self, ticket: str) -> Moment:
        """Ends a session; what is known in the end.

        Raises:
            NotListeningError: it has ended before.
        """
        session = self._session(ticket)
        with self._lock:
            self._sessions.pop(ticket, None)
        with session.lock:
            return session.live.finish()

    def _session(self, ticket: str) -> _Session:
        with self._lock:
            self._forget_silent()
            session = self._sessions.get(ticket)
            if session is None:
                raise NotListeningError("This live recording has ended. Start a new one.")
            session.heard = self._clock()
            return session

    def _forget_silent(self) -> None:
        now = self._clock()
        self._sessions = {
            key: one for key, one in self._sessions.items() if now - one.heard <= SILENT and now - one.begun <= LASTS
        }
