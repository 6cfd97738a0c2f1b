"""What one training is made of."""

from dataclasses import dataclass
from pathlib import Path

FROZEN = ("nothing", "encoder", "body")  # what a training may leave as it is, see `architectures.freeze`


@dataclass(frozen=True)
class FinetuneOptions:
    """The choices of one training; the checkpoint's training.json and card repeat them.

    Attributes:
        output: folder for the finished checkpoint; training states go to its sub-folder `training`.
        model: Hub id, folder or configuration to start from, None for the embedded architecture. Beside `weights` only
            its shape counts.
        teachers: Hub ids or folders of checkpoints whose answers become a part of the labels.
        weights: OpenAI's file of a Whisper, Smart Turn's, or the folder of a Whisper or of a checkpoint like the
            embedded one, for the encoder of that architecture or of a stock Whisper; None for random weights.
        freeze: what is not trained, one of `FROZEN`.
        augmentations: names out of `augmentation.AUGMENTATIONS`, with their chances where those are not the usual ones.
        epochs: passes over as many clips as there are training clips; 0 fits a new classifier and trains nothing.
        batch_size: clips per step, over all processes together.
        learning_rate: peak of the cosine schedule.
        label_smoothing: share of each label that is spread over all, 0 to 1.
        averaging: decay per step of the moving average of the weights, 0 for none.
        balance: 0 draws clips as often as they are there, 1 the corpora alike and within each its emotions
            alike.
        best_by: which figure of the development clips chooses the epoch, "uar" or "loss".
        patience: epochs without a better figure after which training stops.
        seed: of weights, sampling and augmentation.
        resume: go on from the last saved epoch in `output`.
        command: what was typed, for the card.
    """

    output: Path
    model: str | None
    weights: Path | None
    teachers: tuple[str, ...]
    freeze: str
    augmentations: tuple[str, ...]
    epochs: int
    batch_size: int
    learning_rate: float
    label_smoothing: float
    averaging: float
    balance: float
    best_by: str
    patience: int
    seed: int
    resume: bool
    command: str

    @property
    def checkpoints(self) -> list[str]:
        """What this training starts and learns from, by Hub id or folder; a bare file of weights is none."""
        weights = str(self.weights) if self.weights is not None and self.weights.is_dir() else None
        start = self.model if self.weights is None else weights
        return list(dict.fromkeys(filter(None, [start, *self.teachers])))

    @property
    def states(self) -> Path:
        """Where the epochs of an unfinished training lie."""
        return self.output / "training"
