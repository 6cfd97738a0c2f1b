"""The recognisers of well-known tutorials and ours, side by side: what a random split of the clips was worth.

    python benchmarks/baselines.py --data corpora/ravdess corpora/crema-d corpora/tess corpora/emodb \\
        --weights smart-turn-v3.2-cpu.onnx
    python benchmarks/baselines.py --data corpora/ravdess --systems mlp svm

Each system is trained on the random split that its author used, on one with fewer training clips, and on the project's
fixed protocol, with as few but with no speaker of a test clip among them. Prints a row as soon as it is known, progress
on standard error; a row whose corpus is not there is skipped. README.md beside this file explains the table.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import pandas as pd  # noqa: E402

from benchmarks.systems.divisions import limit_clips  # noqa: E402
from benchmarks.systems.features import extract  # noqa: E402
from benchmarks.systems.measure import SYSTEMS, Figures, Row, measure  # noqa: E402
from benchmarks.systems.ours import measure_ours  # noqa: E402
from ser_demo.cli.progress import Terminal  # noqa: E402
from ser_demo.corpora.read import read_corpora  # noqa: E402
from ser_demo.errors import SerError  # noqa: E402
from ser_demo.labels import EMOTIONS  # noqa: E402


@dataclass(frozen=True)
class Experiment:
    """A system, by its name in `SYSTEMS` or "ours", on the clips of some corpora with some emotions."""

    system: str
    corpora: tuple[str, ...]
    emotions: tuple[str, ...] = EMOTIONS


EXPERIMENTS = (
    Experiment("mlp", ("ravdess",), ("happy", "sad", "angry")),
    Experiment("mlp", ("ravdess",)),
    Experiment("lstm", ("tess",)),
    Experiment("lstm", ("ravdess",)),
    Experiment("cnn", ("ravdess", "crema-d", "tess", "emodb")),
    Experiment("svm", ("ravdess",)),
    Experiment("svm", ("crema-d",)),
    Experiment("ours", ("ravdess",)),
)
HEAD = (
    "system", "corpus", "emotions", "clips", "trained on", "UAR % random", "WA % random", "UAR % random, as few",
    "trained on, unseen", "UAR % unseen", "WA % unseen", "UAR lost", "processor s", "parameters",
)  # fmt: skip


def read_sources(sources: list[str], terminal: Terminal) -> pd.DataFrame:
    """The clips of all sources that can be read; the others are named."""
    tables = []
    for source in sources:
        try:
            tables.append(read_corpora([source]).table)
        except SerError as error:
            terminal.log(str(error))
    if not tables:
        raise SerError("none of --data can be read.")
    return pd.concat(tables, ignore_index=True)


def run(
    experiment: Experiment, table: pd.DataFrame, cache: Path, options: argparse.Namespace, terminal: Terminal
) -> list[Row]:
    """The experiment's rows. Features are kept in `cache`.

    Raises:
        SerError: it cannot be made, and why.
    """
    title = f"{experiment.system} on {', '.join(experiment.corpora)}"
    if missing := set(experiment.corpora) - set(table["corpus"]):
        raise SerError(f"--data holds no {', '.join(sorted(missing))}")
    clips = table[table["corpus"].isin(experiment.corpora) & table["emotion"].isin(experiment.emotions)]
    if experiment.system == "ours":
        return [measure_ours(clips, options.epochs, options.weights, options.seed)]
    system = SYSTEMS[experiment.system]
    features, broken = extract(
        clips["path"],
        system.features,
        cache,
        options.workers,
        lambda done, total: terminal.progress(f"features for {title}", done, total),
    )
    for reason in broken.values():
        terminal.log(f"left out: {reason}")
    return measure(
        system,
        clips,
        features,
        options.epochs,
        options.seed,
        lambda done, total: terminal.progress(f"training {title}", done, total),
    )


def markdown(row: Row) -> str:
    """A row as a line of Markdown, in the order of `HEAD`; shares in percent, the loss in points."""
    cells = (
        row.system,
        row.corpus,
        row.emotions,
        row.clips,
        row.random.trained,
        _uar(row.random),
        f"{100 * row.random.wa:.1f}",
        "" if row.equal is None else _uar(row.equal),
        row.unseen.trained,
        _uar(row.unseen),
        f"{100 * row.unseen.wa:.1f}",
        f"{100 * (row.random.uar - row.unseen.uar):.1f}",
        "" if row.seconds is None else f"{row.seconds:.1f}",
        "" if row.parameters is None else row.parameters,
    )
    return f"| {' | '.join(map(str, cells))} |"


def _uar(figures: Figures) -> str:
    spread = "" if figures.spread is None else f" ± {100 * figures.spread:.1f}"
    return f"{100 * figures.uar:.1f}{spread}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", required=True, metavar="SOURCE", help="corpora, as finetune takes them")
    names = (*SYSTEMS, "ours")
    parser.add_argument("--systems", nargs="+", choices=names, default=names, help="default: all")
    parser.add_argument("--epochs", type=int, help="of mlp, lstm, cnn and ours (default: each one's own)")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="Smart Turn's ONNX file that ours starts from")
    parser.add_argument("--max-clips", type=int, metavar="N", help="at most N of each corpus, for a quick look")
    parser.add_argument("--seed", type=int, default=0, help="the first, of splits and trainings (default: %(default)s)")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="folder that keeps features for the next time")
    parser.add_argument("--workers", type=int, default=2, help="processes that compute features (default: %(default)s)")
    options = parser.parse_args(arguments)
    with Terminal() as terminal, tempfile.TemporaryDirectory() as temporary:
        try:
            table = read_sources(options.data, terminal)
        except SerError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        if options.max_clips is not None:
            table = limit_clips(table, options.max_clips, options.seed)
        print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}", flush=True)
        for experiment in EXPERIMENTS:
            if experiment.system not in options.systems:
                continue
            try:
                for row in run(experiment, table, options.cache or Path(temporary), options, terminal):
                    print(markdown(row), flush=True)
            except SerError as error:
                terminal.log(f"{experiment.system} on {', '.join(experiment.corpora)}: skipped, {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
