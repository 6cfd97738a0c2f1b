"""Decoding in a process of its own, for servers: what a recording does to its decoder, it does to nobody else.

The decoding libraries are written in C and read what strangers send. A file that makes one of them crash, hang or fill
the memory ends one short-lived child process, and the caller gets an `AudioError` like any other. Children are forked
from a server process (multiprocessing's) that has loaded the libraries and nothing else, which takes milliseconds.
"""

import contextlib
import multiprocessing
import os
import signal
import tempfile
import time
from functools import lru_cache
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from ser_demo.audio.decode import open_decoder
from ser_demo.audio.source import AudioSource, open_source, source_name
from ser_demo.audio.stream import AudioStream
from ser_demo.errors import AudioError, SettingsError, SourceTypeError, UndecodableAudioError
from ser_demo.settings import Limits

MEMORY = 1024**3  # bytes that a decoder may take on top of what its libraries occupy
PROCESSOR_SECONDS = 600  # a recording of 4 hours takes less than 60
STALL_SECONDS = 20.0  # without a block, after which the decoder is taken to hang
_MAY_STOP = 5.0  # seconds in which a child that is done for is gone
_LOST = 255  # multiprocessing's exit code of a child whose fork server has ended before it
_TOLD_TO_STOP = (-signal.SIGTERM, _LOST)  # a supervisor's signal to all processes ends both, in any order


class DecodingStoppedError(UndecodableAudioError):
    """Something told the decoder to stop, through no fault of the recording; it may succeed another time."""


class IsolatedDecoder:
    """The decoder of one file, in another process; the next block is decoded there while the caller works on this."""

    def __init__(self, source: str | bytes, limits: Limits, name: str) -> None:
        self._name = name
        self._connection, theirs = multiprocessing.Pipe()
        self._process = _context().Process(target=_decode, args=(theirs, source, limits, name), daemon=True)
        self._asked = False
        try:
            _start(self._process)
            theirs.close()
            facts = self._answer()
        except BaseException:
            self.close()
            raise
        self.sample_rate: int
        self.channel_count: int
        self.declared_seconds: float | None
        self.container: str
        self.track_count: int
        self.sample_rate, self.channel_count, self.declared_seconds, self.container, self.track_count = facts
        self.damaged = False

    def read(self, frame_count: int) -> np.ndarray:
        if not self._asked:
            self._ask(frame_count)
        self.damaged, count = self._answer()
        samples = np.empty((self.channel_count, count), np.float32)
        if samples.nbytes:
            try:
                self._connection.recv_bytes_into(samples.data.cast("B"))
            except (EOFError, OSError) as failure:
                raise self._ended() from failure
            self._ask(frame_count)
        return samples

    def close(self) -> None:
        self._connection.close()
        if self._process.pid is not None:  # else it was never started
            self._process.kill()
            self._process.join(_MAY_STOP)

    def _ask(self, frame_count: int) -> None:
        try:
            self._connection.send(frame_count)
        except OSError as failure:
            raise self._ended() from failure
        self._asked = True

    def _answer(self) -> tuple:
        """What the child says next; its error is raised here."""
        try:
            if not self._connection.poll(STALL_SECONDS):
                raise self._error(f"reading it got stuck for {STALL_SECONDS:.0f} seconds")
            answer = self._connection.recv()
        except (EOFError, OSError) as failure:
            raise self._ended() from failure
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _ended(self) -> UndecodableAudioError:
        """The error for a child that is gone, by how it went."""
        self._process.join(_MAY_STOP)
        if self._process.exitcode in _TOLD_TO_STOP:
            return DecodingStoppedError(self._name, "reading it was interrupted", "Try again")
        too_long = getattr(signal, "SIGXCPU", None)  # Windows has none
        if too_long is not None and self._process.exitcode == -too_long:
            return self._error(f"reading it took more than {PROCESSOR_SECONDS / 60:.0f} minutes of the processor")
        return self._error("the program that reads it broke off")

    def _error(self, problem: str) -> UndecodableAudioError:
        return UndecodableAudioError(self._name, problem, "Export it again, as WAV or FLAC")


def open_isolated(source: AudioSource, limits: Limits, name: str | None = None) -> AudioStream:
    """`open_audio` for files of strangers: the same stream and errors, decoded in another process.

    Also raises UndecodableAudioError for a file that crashes its decoder, hangs it, or needs more than `MEMORY`, and
    DecodingStoppedError where the decoder was told to stop; SettingsError where none can be started in TMPDIR.
    SourceTypeError for a source that is neither a path nor bytes: no other can be opened by another process.
    """
    if not isinstance(source, str | os.PathLike | bytes):
        raise SourceTypeError("a recording that is decoded in another process is given as a path or as bytes")
    name = source_name(source, name)
    with contextlib.ExitStack() as on_error:
        file = open_source(source, limits, name)
        on_error.callback(file.release)
        theirs = source if isinstance(source, bytes) else os.path.abspath(os.fsdecode(source))
        decoder = IsolatedDecoder(theirs, limits, name)
        on_error.callback(decoder.close)
        stream = AudioStream(decoder, file, name, limits)
        on_error.pop_all()
        return stream


@lru_cache(maxsize=1)
def _context() -> ForkServerContext | SpawnContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")  # Windows: slower, and just as separate
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _start(process: BaseProcess) -> None:
    """Starts a child, and the server that it is forked from, so that Ctrl-C ends neither before it knows of signals.

    Raises:
        SettingsError: the temporary folder cannot hold the server's socket.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        process.start()
        return
    resource_tracker.ensure_running()  # which would let signals through again if it were started on the way
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # and for the processes that are started
    try:
        process.start()
    except OSError as error:
        if error.errno is not None:
            raise
        # Not the system's error but Python's own, that a socket's path is too long.
        raise SettingsError("TMPDIR", tempfile.gettempdir(), "a folder whose path is shorter, as /tmp") from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _decode(connection: Connection, source: str | bytes, limits: Limits, name: str) -> None:
    """The child: sends the file's facts, then a block for each number of frames that it is asked for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    _bound_self()
    try:
        file = open_source(source, limits, name)
        decoder = open_decoder(file)
        facts = (
            decoder.sample_rate, decoder.channel_count, decoder.declared_seconds, decoder.container,
            decoder.track_count,
        )  # fmt: skip
        connection.send(facts)
        while True:
            frame_count = connection.recv()
            samples = decoder.read(frame_count)
            file.raise_failure()
            connection.send((decoder.damaged, samples.shape[1]))
            if samples.nbytes:
                connection.send_bytes(np.ascontiguousarray(samples).data.cast("B"))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the parent has heard enough
    except AudioError as error:
        connection.send(error)
    except MemoryError:
        connection.send(
            UndecodableAudioError(name, "reading it takes too much memory", "Export it again, as WAV or FLAC")
        )
    finally:
        os._exit(0)  # past whatever the libraries would do on their way out


def _bound_self() -> None:
    """Bounds this process's memory and processor time, and lets it leave no core dump; on Linux only."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return
    import resource

    occupied = int(status.read_text().split()[0]) * resource.getpagesize()
    used = int(time.process_time())
    for kind, soft, hard in (
        (resource.RLIMIT_AS, occupied + MEMORY, occupied + MEMORY),
        (resource.RLIMIT_CPU, used + PROCESSOR_SECONDS, used + PROCESSOR_SECONDS + 5),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        _, most = resource.getrlimit(kind)  # which whoever started us may have lowered, and only root may raise
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        resource.setrlimit(kind, (soft, hard))
