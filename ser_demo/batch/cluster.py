"""Recordings spread over the machines of a Ray cluster.

Workers may stand where this machine's folders cannot be seen, so everything travels through Ray: this package with the
embedded model, the files of another checkpoint's folder, and each recording's content when a worker is free for it.
"""

import os
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import ser_demo
from ser_demo.audio.source import open_source
from ser_demo.batch.engine import CheckStop
from ser_demo.batch.worker import Worker
from ser_demo.errors import AudioError, SerError, UndecodableAudioError, first_line
from ser_demo.result import Model, Result
from ser_demo.settings import Limits, Settings

REQUIREMENT = "ray==2.60.0"  # not in requirements.txt: few need it, and it takes 240 MB
MOST_ATTEMPTS = 3  # of one recording; a machine that goes away costs each recording on it one
_WAIT_SECONDS = 0.2  # between two looks at whether to stop

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is told to anybody
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else Ray prints a note about its future
}


class ClusterError(SerError):
    """There is no Ray, no cluster, or no machine in it that can do the work."""


class Cluster:
    """A Ray cluster as an `Engine`: a worker on each of its processors, or of its GPUs with SER_DEVICE=cuda.

    Args:
        address: of a running cluster as Ray takes it, "auto" for the one on this machine; None starts Ray here.
        checkpoint: as `EmotionRecognizer` takes it. One on the Hub is loaded by each worker.

    Raises:
        ClusterError: Ray is not installed, or the cluster cannot be joined.
        ModelError: the model cannot be used.
        SettingsError: an environment variable holds an impossible value.
    """

    def __init__(self, address: str | None, checkpoint: str | None) -> None:
        settings = Settings.from_environment()
        settings = replace(settings, model=checkpoint or settings.model)
        self._limits = settings.limits
        self._ray = _join(address)
        try:
            gpus = 1 if settings.device == "cuda" else 0
            self._most_workers = int(self._ray.cluster_resources().get("GPU" if gpus else "CPU", 0))
            if self._most_workers == 0:
                raise ClusterError(f"the cluster has no {'GPU' if gpus else 'processor'}. Add a machine that has one.")
            self._actor_class = self._ray.remote(Worker).options(num_cpus=1, num_gpus=gpus)
            self._to_load = (settings, self._ray.put(_files(settings.model)))
            loaded, self._first = self._start_worker()
            self._model, self._labels = self._loaded(loaded)
        except BaseException:
            self._ray.shutdown()
            raise

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()  # ends the workers as well, whatever they are doing

    @property
    def model(self) -> Model:
        return self._model

    @property
    def labels(self) -> list[str]:
        return self._labels

    def recognize(
        self, folder: Path, recordings: Sequence[str], check_stop: CheckStop
    ) -> Iterator[tuple[str, Result | AudioError]]:
        waiting, attempts = deque(recordings), Counter[str]()
        idle = [self._first]
        loading: dict[Any, Any] = {}  # by the reference to what it will say of its model: the worker
        running: dict[Any, tuple[Any, str]] = {}  # by the reference to the answer: the worker, and the recording
        while len(loading) < min(self._most_workers, len(recordings)) - 1:
            loading.update([self._start_worker()])
        while waiting or running:
            check_stop()
            while waiting and idle:
                recording = waiting.popleft()
                try:
                    content = _read(folder / recording, self._limits)
                except AudioError as error:
                    yield recording, error
                    continue
                worker = idle.pop()
                running[worker.recognize.remote(content, Path(recording).name)] = worker, recording
                attempts[recording] += 1
            if not running and not loading:
                continue  # Ray does not wait for nothing
            for reference in self._ray.wait([*running, *loading], timeout=_WAIT_SECONDS)[0]:
                if reference in loading:
                    worker = loading.pop(reference)
                    try:
                        self._loaded(reference)
                        idle.append(worker)
                    except SerError:
                        if not (idle or running or loading):
                            raise  # else the others do its part
                    continue
                worker, recording = running.pop(reference)
                answer = self._answer(reference)
                if answer is not None:
                    idle.append(worker)
                    yield recording, answer
                    continue
                loading.update([self._start_worker()])
                if attempts[recording] < MOST_ATTEMPTS:
                    waiting.append(recording)
                else:
                    yield recording, _broke_off(recording)

    def _start_worker(self) -> tuple[Any, Any]:
        """The reference to what a new worker will say of its model, and the worker; it waits for a free processor."""
        worker = self._actor_class.remote()
        return worker.load.remote(*self._to_load), worker

    def _answer(self, reference: Any) -> Result | AudioError | None:
        """What a worker says of a recording; None where it, or its machine, is gone."""
        try:
            return self._ray.get(reference)
        except self._ray.exceptions.RayTaskError:
            raise  # a fault of ours
        except self._ray.exceptions.RayError:
            return None

    def _loaded(self, reference: Any) -> tuple[Model, list[str]]:
        """What a worker says of its model, and its labels; raises what keeps it from working."""
        try:
            answer = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            reason = str(error).strip().split("\n")[-1]
            raise ClusterError(
                f"a worker of the cluster cannot start: {reason} Install requirements.txt on each of its machines."
            ) from error
        if isinstance(answer, SerError):
            raise answer
        return answer


def _join(address: str | None) -> ModuleType:
    """Ray, joined to a cluster or to one that it starts on this machine."""
    os.environ.update(_QUIET)
    try:
        ray = import_module("ray")
    except ImportError as error:
        raise ClusterError('--engine ray needs Ray. Install it: pip install "' + REQUIREMENT + '"') from error
    start = {"address": "local", "include_dashboard": False} if address is None else {"address": address}
    try:
        ray.init(
            **start,
            runtime_env={"py_modules": [str(Path(ser_demo.__file__).parent)]},
            log_to_driver=False,
            logging_level="ERROR",
        )
    except (ConnectionError, ValueError, RuntimeError, ImportError, ray.exceptions.RayError) as error:
        raise ClusterError(
            f"the Ray cluster {address or 'on this machine'} cannot be used: {first_line(error)}. "
            'Look at it with "ray status"; if it asks for a token, set RAY_AUTH_MODE=token as Ray documents it.'
        ) from error
    return ray


def _files(checkpoint: str | None) -> dict[str, bytes] | None:
    """The files of a checkpoint's folder by their names; None for one that the workers find themselves."""
    if checkpoint is None or not os.path.isdir(checkpoint):
        return None
    return {path.name: path.read_bytes() for path in Path(checkpoint).iterdir() if path.is_file()}


def _read(path: Path, limits: Limits) -> bytes:
    """The content of a recording; raises AudioError where it cannot be read or is too large."""
    file = open_source(path, limits, path.name)
    try:
        content = file.read()
        file.raise_failure()
    finally:
        file.release()
    return content


def _broke_off(recording: str) -> UndecodableAudioError:
    problem = f"the worker that analysed it broke off {MOST_ATTEMPTS} times"
    return UndecodableAudioError(Path(recording).name, problem, "Export it again, as WAV or FLAC")
