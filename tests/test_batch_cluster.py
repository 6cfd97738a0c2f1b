"""A folder of recordings on a real Ray cluster: the same results as here, and what a lost worker or Ctrl-C costs."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import free_port
from recordings import CALL
from service_server import ROOT, nearly, wait_for
from test_batch import SAD, results
from test_other_checkpoints import tiny_wav2vec2

from ser_demo import EmotionRecognizer
from ser_demo.batch import cluster
from ser_demo.batch.worker import Worker
from ser_demo.cli import main
from ser_demo.errors import SerError
from ser_demo.settings import Settings

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed; requirements-dev.txt has it")


@dataclass(frozen=True)
class Ray:
    """A cluster of one machine with two processors."""

    address: str
    process_id: int


@pytest.fixture(scope="module")
def ray() -> Iterator[Ray]:
    port = free_port()
    with pytest.MonkeyPatch.context() as environment, tempfile.TemporaryDirectory(prefix="ray") as folder:
        environment.setenv("RAY_AUTH_MODE", "token")  # it listens on the network, and runs what it is sent
        environment.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        environment.setenv("RAY_USAGE_STATS_ENABLED", "0")
        environment.setenv("RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S", "0")
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", f"--port={port}"]
        command += ["--num-cpus=2", "--include-dashboard=false", "--object-store-memory=100000000"]
        command += [f"--temp-dir={folder}"]  # a short one: the way to its sockets has at most 107 letters
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert process.stdout is not None and any("Ray runtime started" in line for line in process.stdout)
            yield Ray(f"127.0.0.1:{port}", process.pid)
        finally:
            process.terminate()
            process.communicate()


def batch(folder: Path, output: Path, ray: Ray) -> int:
    return main(["batch", str(folder), str(output), "--engine", "ray", "--address", ray.address])


def descendants(process_id: int) -> Iterator[int]:
    for children in Path(f"/proc/{process_id}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            yield child
            with contextlib.suppress(OSError):
                yield from descendants(child)


def working(ray: Ray) -> list[int]:
    """The processes of the cluster that analyse a recording at this moment."""
    found = []
    for process_id in descendants(ray.process_id):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{process_id}/cmdline").read_bytes().startswith(b"ray::Worker.recognize"):
                found.append(process_id)
    return found


@needs_ray
def test_a_cluster_gives_what_this_machine_gives(folder: Path, tmp_path: Path, ray: Ray, capfd) -> None:
    (folder / "empty.wav").write_bytes(b"")
    here, there = tmp_path / "here", tmp_path / "there"
    assert main(["batch", str(folder), str(here)]) == 1
    said_here = capfd.readouterr().err
    assert batch(folder, there, ray) == 1
    said_there = capfd.readouterr().err
    assert results(there) == {name: nearly(result) for name, result in results(here).items()}
    assert len(results(there)) == 2
    rows_here, rows_there = ((output / "results.csv").read_text().splitlines() for output in (here, there))
    assert [row.split(",")[:6] for row in rows_there] == [row.split(",")[:6] for row in rows_here]
    # The order in which files fail is not the same; nothing but our own lines is said.
    assert sorted(said_there.splitlines()) == sorted(said_here.replace(str(here), str(there)).splitlines())
    (folder / "empty.wav").unlink()  # which leaves one that no worker is asked about
    assert batch(folder, here, ray) == 1  # what is done is done, wherever it was
    assert "2 of 3 recordings are done already" in capfd.readouterr().err


@needs_ray
@pytest.mark.parametrize("most_attempts", [1, 2])
def test_a_worker_that_dies_costs_an_attempt(
    most_attempts: int, folder: Path, tmp_path: Path, ray: Ray, capfd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "MOST_ATTEMPTS", most_attempts)
    (folder / "broken.wav").unlink()

    def kill() -> None:
        wait_for(lambda: working(ray), 120)
        os.kill(working(ray)[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    exit_code = batch(folder, tmp_path / "out", ray)
    killer.join()
    errors = capfd.readouterr().err.splitlines()
    if most_attempts == 1:
        assert exit_code == 1 and len(results(tmp_path / "out")) == 1
        assert len(errors) == 2 and "the worker that analysed it broke off 1 times" in errors[0]
    else:
        assert exit_code == 0 and len(results(tmp_path / "out")) == 2
        assert len(errors) == 1


@needs_ray
def test_ctrl_c_keeps_what_is_done_and_leaves_no_ray_behind(folder: Path, tmp_path: Path) -> None:
    for number in range(6):
        (folder / f"{number}.flac").write_bytes(CALL.read_bytes())
    output = tmp_path / "out"
    command = [sys.executable, "-m", "ser_demo", "batch", str(folder), str(output), "--engine", "ray"]
    run = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        wait_for(lambda: run.poll() is not None or len(list(output.rglob("*.json"))) >= 2, 120)
        below = list(descendants(run.pid))
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does
        _, errors = run.communicate(timeout=60)
    finally:
        run.kill()
    assert run.returncode == 130, errors
    assert errors.splitlines()[-1].startswith(f"stopped; {len(results(output))} of 9 recordings are done")
    assert 2 <= len(results(output)) < 8 and (output / "results.csv").exists()
    assert below
    wait_for(lambda: not any(Path(f"/proc/{process_id}").exists() for process_id in below))


def test_a_worker_gets_a_checkpoint_by_its_content(tmp_path: Path) -> None:
    checkpoint = Path(tiny_wav2vec2(tmp_path / "mine", ["hap", "ang"]))
    expected = EmotionRecognizer(str(checkpoint)).recognize(SAD)
    files = cluster._files(str(checkpoint))
    checkpoint.rename(tmp_path / "elsewhere")
    worker = Worker()
    assert worker.load(Settings(model=str(checkpoint)), files) == (expected.model, ["happy", "angry"])
    assert worker.recognize(SAD.read_bytes(), "sad.flac") == expected
    assert isinstance(worker.load(Settings(model=str(checkpoint)), None), SerError)


def test_an_address_without_ray_is_wrong_usage(folder: Path, tmp_path: Path, capsys) -> None:
    assert main(["batch", str(folder), str(tmp_path / "out"), "--address", "auto"]) == 2
    assert "Give --engine ray" in capsys.readouterr().err


def test_a_missing_ray_is_named_with_the_command(folder: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as Python marks what cannot be imported
    assert main(["batch", str(folder), str(tmp_path / "out"), "--engine", "ray"]) == 1
    assert 'pip install "ray==' in capsys.readouterr().err
    pinned = (ROOT / "requirements-dev.txt").read_text()
    assert cluster.REQUIREMENT in pinned.splitlines()
