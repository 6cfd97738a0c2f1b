"""`python -m ser_demo batch`: a folder of recordings to a folder of results."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ser_demo.errors import AudioError, printable

if TYPE_CHECKING:
    from ser_demo.batch import Engine, ResultFolder
    from ser_demo.result import Result

DESCRIPTION = """\
Recognise the emotions in every recording of a folder and of the folders in it: one JSON file for each, under the
recording's own name, and one table, results.csv. What is done stays: the same command goes on where it was stopped,
and tries anew what failed or has changed since. A recording that cannot be analysed is named on standard error with
the reason."""

EXAMPLE = """\
examples:
  python -m ser_demo batch calls/ emotions/
  python -m ser_demo batch calls/ emotions/ --engine ray                  # every processor of this machine
  python -m ser_demo batch calls/ emotions/ --engine ray --address auto   # the cluster of "ray start"

A Ray cluster needs Ray here and on each machine (pip install "ray==2.60.0"), and there what requirements.txt lists.
The recordings are sent to its workers, which need not see the folder; one whose worker dies is tried again, three
times in all. With SER_DEVICE=cuda there is a worker for each GPU.

Exit code: 0 all done, 1 some recordings failed or there are none, 2 wrong usage, 130 stopped by Ctrl-C. The variables
SER_MODEL, SER_DEVICE, SER_MAX_BYTES, SER_MAX_SECONDS and SER_MAX_CHANNELS apply."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "batch",
        help="recognise the emotions in a folder of recordings",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("input", type=Path, metavar="INPUT_DIR", help="folder of recordings")
    parser.add_argument("output", type=Path, metavar="OUTPUT", help="folder of results, made if it is not there")
    parser.add_argument("--model", metavar="ID", help="Hub id or folder of a checkpoint (default: the embedded model)")
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="local: one recording after the other (default); ray: many at once, on every processor of a Ray cluster",
    )
    parser.add_argument(
        "--address",
        metavar="HOST:PORT",
        help="with --engine ray, the cluster to use; auto: the one that this machine belongs to "
        "(default: Ray is started on this machine alone, and ended with the run)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ser_demo.batch import ResultFolder, find_recordings
    from ser_demo.cli.progress import Terminal

    if not os.path.isdir(options.input):  # unlike `Path.is_dir` it raises nothing
        print(f"error: {options.input}: there is no such folder. Check its name.", file=sys.stderr)
        return 2
    if options.address is not None and options.engine != "ray":
        print("error: --address names a Ray cluster. Give --engine ray as well.", file=sys.stderr)
        return 2
    recordings, closed = find_recordings(options.input)
    for name in closed:
        print(
            f"error: {printable(str(options.input / name))}: this folder may not be read. Allow reading it.",
            file=sys.stderr,
        )
    if not recordings:
        print(f"error: {options.input}: there are no recordings in it. Name their folder.", file=sys.stderr)
        return 1
    with _open_engine(options) as engine:
        folder = ResultFolder(options.output, options.input, engine.model, engine.labels)
        left, failed = _find_left(folder, recordings)
        done = len(recordings) - len(left) - failed
        if done:
            print(f"{done} of {len(recordings)} recordings are done already", file=sys.stderr)
        try:
            with Terminal() as terminal, _stopping() as check_stop:
                answers = engine.recognize(options.input, left, check_stop)
                for number, (recording, answer) in enumerate(answers, 1):
                    if problem := _keep(folder, recording, answer):
                        failed += 1
                        terminal.log(f"error: {printable(problem)}")
                    else:
                        done += 1
                    terminal.progress("recognising", number, len(left))
        except KeyboardInterrupt:
            state = f"{done} of {len(recordings)} recordings are done"
            print(f"stopped; {state}, the same command goes on", file=sys.stderr)
            return 130
        finally:
            folder.write_table(recordings)
    print(f"{done} of {len(recordings)} recordings are done, see {options.output}", file=sys.stderr)
    return 1 if failed or closed else 0


def _open_engine(options: argparse.Namespace) -> "Engine":
    if options.engine == "ray":
        from ser_demo.batch import Cluster

        return Cluster(options.address, options.model)
    from ser_demo.batch import Local

    return Local(options.model)


def _find_left(folder: "ResultFolder", recordings: list[str]) -> tuple[list[str], int]:
    """The recordings that have no result yet, and how many can have none, each of which standard error names."""
    from ser_demo.batch import NameTooLongError

    left, failed = [], 0
    for recording in recordings:
        try:
            if not folder.is_done(recording):
                left.append(recording)
        except NameTooLongError as error:
            failed += 1
            print(f"error: {printable(str(error))}", file=sys.stderr)
    return left, failed


def _keep(folder: "ResultFolder", recording: str, answer: "Result | AudioError") -> str:
    """Keeps a result; gives what is wrong with a recording that has none, else ""."""
    if isinstance(answer, AudioError):
        return f"{recording}: {answer.problem}. {answer.remedy}."
    folder.add(recording, answer)
    return ""


@contextmanager
def _stopping() -> Iterator[Callable[[], None]]:
    """Gives what a recognition calls between blocks: Ctrl-C ends it there, and never while a result is being kept."""
    is_stopped = threading.Event()

    def check_stop() -> None:
        if is_stopped.is_set():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, lambda *_: is_stopped.set())
    try:
        yield check_stop
    finally:
        signal.signal(signal.SIGINT, before)
