"""This project's own network, trained and tested by the commands that everybody has."""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.systems.measure import Figures, Row
from ser_demo.errors import SerError

ROOT = Path(__file__).parents[2]


def measure_ours(table: pd.DataFrame, epochs: int | None, weights: Path | None, seed: int) -> Row:
    """The row of `python -m ser_demo finetune`, once on a random split of the clips, once on the fixed protocol.

    Its seconds are those of the whole command, decoding and testing included.

    Args:
        table: the clips of one corpus, as `read_corpora` gives them.
        epochs: instead of finetune's default.
        weights: Smart Turn's ONNX file to start from; None starts from random weights.
        seed: of the random split and of the training.

    Raises:
        SerError: a training failed; it has said why on standard error.
    """
    with tempfile.TemporaryDirectory() as folder:
        clips = Path(folder) / "clips.csv"
        table.assign(path=[str(Path(path).resolve()) for path in table["path"]]).to_csv(clips, index=False)
        choices = ["--seed", str(seed)]
        if epochs is not None:
            choices += ["--epochs", str(epochs)]
        if weights is not None:
            choices += ["--weights", str(weights.resolve())]
        runs = []
        seconds = _seconds_of_children()
        for split in ("random", "speaker"):
            output = Path(folder) / split
            command = [sys.executable, "-m", "ser_demo", "finetune", "--data", str(clips), "--split-by", split]
            ended = subprocess.run([*command, "--output", str(output), *choices], cwd=ROOT, stdout=sys.stderr)
            if ended.returncode:
                raise SerError(f"its training ended with exit code {ended.returncode}, see above")
            runs.append((_read(output / "training.json"), _read(output / "evaluation.json")))
        seconds = _seconds_of_children() - seconds
    random, unseen = (_figures(*run) for run in runs)
    return Row(
        "ours",
        str(table["corpus"].iloc[0]),
        table["emotion"].nunique(),
        len(table),
        random,
        None,
        unseen,
        seconds / len(runs),
        runs[0][0]["parameters"],
    )


def _seconds_of_children() -> float:
    """Processor time of all commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))


def _figures(training: dict[str, Any], evaluation: dict[str, Any]) -> Figures:
    (corpus,) = evaluation["corpora"]
    trained = sum(part["clips"] for part in training["speakers"]["train"].values())
    return Figures(corpus["uar"], corpus["wa"], None, trained)
