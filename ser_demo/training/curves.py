"""A training as it went: loss, accuracy and UAR by epoch, drawn."""

from pathlib import Path
from typing import Any


def draw_curves(log: list[dict[str, Any]], file: Path) -> None:
    """Writes a PNG of the Trainer's `log_history`; every corpus has its own thin line of UAR."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.4), layout="constrained")
    loss, accuracy, uar = figure.subplots(1, 3)
    loss.plot(*_series(log, "loss"), label="training (augmented)")
    loss.plot(*_series(log, "eval_loss"), label="development")
    accuracy.plot(*_series(log, "eval_accuracy", 100), label="development")
    uar.plot(*_series(log, "eval_uar", 100), label="mean", linewidth=2.5, color="black")
    corpora = sorted({key for entry in log for key in entry if key.startswith("eval_uar_")})
    for key in corpora:
        uar.plot(*_series(log, key, 100), label=key.removeprefix("eval_uar_"), linewidth=1)
    for axes, title in ((loss, "loss"), (accuracy, "accuracy, %"), (uar, "UAR, %")):
        axes.set(title=title, xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, fontsize="small")
    figure.savefig(file, dpi=110)


def _series(log: list[dict[str, Any]], key: str, scale: float = 1) -> tuple[list[float], list[float]]:
    """Epochs and values of the entries that have `key`."""
    entries = [entry for entry in log if key in entry]
    return [entry["epoch"] for entry in entries], [scale * entry[key] for entry in entries]
