"""What the service bears: many clients who send recordings and ask for the results, printed as a table.

    python benchmarks/service.py                                   # 200 clients, 2,000 recordings
    python benchmarks/service.py --clients 20 --recordings 100     # a first look

Starts `python -m ser_demo serve` on this machine with a state folder of its own. Each recording is a few seconds of the
example call and differs from all others in its length, by which its result is recognised. Clients and server share the
processor: times are upper bounds, and what the server counts itself stands beside what the clients saw. With --rounds 2
the same is done twice, which tells growing memory from such as levels off.
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).parent.parent
PATH = "/api/technology/emotion-recognition"
RATE = 8000  # Hz
SHORTEST = 2.0  # seconds
RAMP = 20.0  # seconds over which the clients arrive
PAUSE = 1.0  # seconds between two questions for a result
BOUNDS = (0.025, 0.05, 0.1, 0.25)  # seconds, of those that the server counts by
BOUNDARY = "between-the-parts"


@dataclass
class Found:
    """What the clients saw."""

    accepted: list[float] = field(default_factory=list)  # seconds until the 202
    finished: list[float] = field(default_factory=list)  # seconds from sending to result
    refused: int = 0
    wrong: int = 0  # results that are another recording's
    states: Counter = field(default_factory=Counter)


def recording(number: int, speech: np.ndarray) -> tuple[bytes, float]:
    """A WAV and its length in seconds, which no other number has, by whole milliseconds as results give them."""
    samples = speech[: round((SHORTEST + number / 1000) * RATE)]
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="PCM_16")
    return file.getvalue(), len(samples) / RATE


async def ask(port: int, request: str, body: bytes = b"", kind: str = "") -> tuple[int, dict]:
    """Status code and JSON of the answer to a request, such as "GET /health", on a connection of its own.

    By hand, since httpx takes more than twice the processor time for a request than the server does: 200 clients of it
    in one process mostly measure how long they wait for each other.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{request} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    writer.write("\r\n".join([*lines, "\r\n"]).encode() + body)
    head, _, content = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1]), json.loads(content)


def form(content: bytes) -> bytes:
    """The multipart form that holds a recording."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="call.wav"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


async def client(port: int, numbers: asyncio.Queue, speech: np.ndarray, found: Found, arrives: float) -> None:
    """Sends recordings, one after the other's result, until there are none left."""
    await asyncio.sleep(arrives)
    while not numbers.empty():
        content, length = recording(numbers.get_nowait(), speech)
        begun = time.perf_counter()
        status, answer = await ask(port, f"POST {PATH}", form(content), f"multipart/form-data; boundary={BOUNDARY}")
        found.accepted.append(time.perf_counter() - begun)
        if status != 202:
            found.refused += 1
            continue
        task_id, state, task = answer["task"]["task_id"], "pending", {}
        while state in ("pending", "running"):
            await asyncio.sleep(PAUSE)
            _, task = await ask(port, f"GET {PATH}/{task_id}")
            state = task["task"]["state"]
        found.finished.append(time.perf_counter() - begun)
        found.states[state] += 1
        if state == "done" and abs(task["result"]["audio"]["duration"] - length) > 0.0005:
            found.wrong += 1


async def load(
    port: int, clients: int, recordings: int, rounds: int, process: int
) -> tuple[Found, list[tuple[float, float]]]:
    """Runs all clients; also the memory of the server and of its worker, in MiB, at each tenth of the way."""
    samples, rate = soundfile.read(ROOT / "examples" / "call_two_channels.flac", dtype="float32")
    speech = samples[rate : 7 * rate, 0][:: rate // RATE]
    numbers: asyncio.Queue = asyncio.Queue()
    for number in range(recordings * rounds):
        numbers.put_nowait(number % recordings)
    found, memory = Found(), []
    worker = worker_of(process)

    async def watch() -> None:
        for tenth in range(1, 11):
            while len(found.finished) < recordings * rounds * tenth / 10:
                await asyncio.sleep(0.1)
            memory.append((resident(process), resident(worker)))

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(client(port, numbers, speech, found, RAMP * index / clients) for index in range(clients)))
    if not found.refused:
        await watching
    watching.cancel()
    return found, memory


def resident(process: int) -> float:
    """A process's memory in MiB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def worker_of(server: int) -> int:
    """The process that analyses what a server accepts."""
    while True:
        for children in Path(f"/proc/{server}/task").glob("*/children"):
            for child in children.read_text().split():
                with contextlib.suppress(FileNotFoundError):
                    if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
                        return int(child)
        time.sleep(0.1)


def percentile(seconds: list[float], share: float) -> float:
    """In milliseconds."""
    return 1000 * statistics.quantiles(seconds, n=100)[round(100 * share) - 1]


def own_count(port: int) -> dict[float, float]:
    """From /metrics: shares of the recordings sent that were answered within so many seconds of their arrival."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        figures = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines())
    buckets = (f'ser_request_seconds_bucket{{le="{bound}",route="{PATH}"}}' for bound in (*BOUNDS, "+Inf"))
    *within, all_of_them = (float(figures[bucket]) for bucket in buckets)
    return {bound: count / all_of_them for bound, count in zip(BOUNDS, within, strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--recordings", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        log = Path(folder) / "log"
        environment = {**os.environ, "SER_STATE_DIR": folder, "GRADIO_SERVER_PORT": str(port), "OMP_NUM_THREADS": "1"}
        with open(log, "w") as file:
            server = subprocess.Popen(
                [sys.executable, "-m", "ser_demo", "serve"],
                cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=file,
            )  # fmt: skip
        try:
            assert server.stdout is not None
            server.stdout.readline()
            begun = time.perf_counter()
            found, memory = asyncio.run(load(port, options.clients, options.recordings, options.rounds, server.pid))
            spent = time.perf_counter() - begun
            counted = ", ".join(f"{share:.1%} in {1000 * bound:.0f} ms" for bound, share in own_count(port).items())
        finally:
            server.terminate()
            server.wait()
        ended = Counter(
            json.loads(line)["task_id"] for line in log.read_text().splitlines() if line.startswith('{"time"')
        )
    twice = sum(count > 1 for count in ended.values())
    lost = options.recordings * options.rounds - found.refused - found.states.total()
    rows = {
        "clients, recordings": f"{options.clients}, {options.recordings * options.rounds}",
        "ended": ", ".join(f"{count} {state}" for state, count in found.states.items()),
        "refused, lost, with another's result, done twice": f"{found.refused}, {lost}, {found.wrong}, {twice}",
        "202 after, median": f"{percentile(found.accepted, 0.5):.0f} ms",
        "202 after, 95 %": f"{percentile(found.accepted, 0.95):.0f} ms",
        "202 after, 99 %": f"{percentile(found.accepted, 0.99):.0f} ms",
        "202 begun after, as the server counts": counted,
        "result after, median": f"{percentile(found.finished, 0.5) / 1000:.1f} s",
        "recordings per second": f"{options.recordings * options.rounds / spent:.1f}",
        "memory of the server at each tenth, MiB": " ".join(f"{server:.0f}" for server, _ in memory),
        "memory of its worker at each tenth, MiB": " ".join(f"{worker:.0f}" for _, worker in memory),
    }
    print("| what | figure |\n|---|---|")
    for title, value in rows.items():
        print(f"| {title} | {value} |")


if __name__ == "__main__":
    main()
