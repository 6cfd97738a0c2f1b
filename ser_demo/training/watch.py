"""How a training tells what it is doing, and stops one that has gone astray."""

import math
from typing import TYPE_CHECKING, Any, Protocol

from transformers import TrainerCallback, TrainerControl, TrainerState

from ser_demo.training.curves import draw_curves
from ser_demo.training.options import FinetuneOptions

if TYPE_CHECKING:
    from ser_demo.training.trainer import EmotionTrainer


class Watch(Protocol):
    """Whom a training tells."""

    def log(self, line: str) -> None:
        """A sentence worth keeping."""

    def progress(self, stage: str, done: float, total: float, note: str = "") -> None:
        """How far `stage` is; `note` holds the figures of the moment."""


class Silence:
    """Told by all processes of a distributed training but the first."""

    def log(self, line: str) -> None:
        """Nothing."""

    def progress(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Nothing."""


class ReportProgress(TrainerCallback):
    """Tells every step, logs every epoch and redraws the curves after it; stops when the loss is no number."""

    trainer: "EmotionTrainer"

    def __init__(self, options: FinetuneOptions, watch: Watch):
        self.options, self.watch = options, watch
        self.uar: float | None = None
        self.has_diverged = False

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        loss = self.trainer.recent_loss
        uar = "" if self.uar is None else f", UAR {100 * self.uar:.1f} %"
        self.watch.progress("training", state.global_step, state.max_steps, f"loss {loss:.3f}{uar}")
        if not math.isfinite(loss):
            self.has_diverged = control.should_training_stop = True
            self.watch.log(f"epoch {state.epoch:.1f}: the loss is no longer a number; the best epoch before it is kept")

    def on_epoch_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if self.has_diverged:  # what it has become is worth neither saving nor measuring
            control.should_save = control.should_evaluate = control.should_log = False

    def on_evaluate(self, args: Any, state: TrainerState, control: TrainerControl, **more: Any) -> None:
        metrics = more["metrics"]
        if "eval_uar" not in metrics or state.epoch is None:
            return
        self.uar = metrics["eval_uar"]
        loss = next(entry["loss"] for entry in reversed(state.log_history) if "loss" in entry)  # of the whole epoch
        self.watch.log(
            f"epoch {state.epoch:.0f} of {self.options.epochs}: loss {loss:.3f}, development "
            f"loss {metrics['eval_loss']:.3f}, UAR {100 * metrics['eval_uar']:.1f} %, "
            f"accuracy {100 * metrics['eval_accuracy']:.1f} %"
        )
        if state.is_world_process_zero:
            try:
                draw_curves(state.log_history, self.options.output / "curves.png")
            except OSError as error:  # a full disk, which the epoch that is saved next may still fit on
                self.watch.log(f"the curves cannot be drawn: {error}")
