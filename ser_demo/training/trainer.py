"""The Hugging Face Trainer with what emotional speech needs: masked labels, balanced sampling, averaged weights."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch.optim.swa_utils import AveragedModel
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.modeling_outputs import SequenceClassifierOutput

from ser_demo.evaluation.metrics import restrict, unweighted_average_recall
from ser_demo.training.dataset import ClipDataset, Collator

LABEL_SMOOTHING = 0.1
AVERAGING = 0.998  # decay of the moving average of the weights, per step, once it has seen enough steps
BALANCE = 0.5  # 0 draws clips as often as they are, 1 every emotion of every corpus equally often
AVERAGED_WEIGHTS = "averaged.safetensors"


def masked_cross_entropy(logits: torch.Tensor, labels: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Cross-entropy over the labels that each clip's corpus knows.

    A corpus without "calm" says nothing about whether a clip is calm, so calm neither gains nor loses by it.

    Args:
        logits: (n, labels).
        labels: (n, labels), soft, summing to 1 over the known labels.
        known: (n, labels), 1 for the labels of the clip's corpus, 0 for the others.
    """
    smoothed = (1 - LABEL_SMOOTHING) * labels + LABEL_SMOOTHING * known / known.sum(1, keepdim=True)
    log_probabilities = logits.masked_fill(known == 0, -1e4).log_softmax(1)
    return -(smoothed * log_probabilities * known).sum(1).mean()


def moving_average(average: torch.Tensor, current: torch.Tensor, steps: torch.Tensor | int) -> torch.Tensor:
    """The average after one more step; young averages move fast, so that they do not hang on to the start."""
    decay = min(AVERAGING, (1 + float(steps)) / (10 + float(steps)))
    return average + (1 - decay) * (current - average)


def sampling_weights(table: pd.DataFrame) -> np.ndarray:
    """How often each clip is drawn: rare emotions and small corpora more often than they occur."""
    corpus = table.groupby("corpus")["path"].transform("size")
    emotion = table.groupby(["corpus", "emotion"])["path"].transform("size")
    kinds = table.groupby("corpus")["emotion"].transform("nunique")
    return (corpus**-BALANCE * (emotion * kinds / corpus) ** -BALANCE).to_numpy(copy=True)


def development_metrics(table: pd.DataFrame) -> Any:
    """The Trainer's `compute_metrics`: UAR of each corpus over its own labels, and their mean as `uar`."""

    def compute(prediction: EvalPrediction) -> dict[str, float]:
        labels, known = cast(tuple[np.ndarray, np.ndarray], prediction.label_ids)
        probabilities = restrict(torch.tensor(prediction.predictions).softmax(1).numpy(), known)
        by_corpus = {
            f"uar_{corpus}": unweighted_average_recall(labels[rows].argmax(1), probabilities[rows])
            for corpus, rows in table.groupby("corpus").indices.items()
        }
        return {**by_corpus, "uar": float(np.mean(list(by_corpus.values())))}

    return compute


class EmotionTrainer(Trainer):
    """Trains `model` on one `ClipDataset`; evaluates, chooses and keeps the moving average of the weights.

    Training stops after `patience` epochs without a better UAR on `dev`.
    """

    def __init__(
        self, model: PreTrainedModel, args: TrainingArguments, train: ClipDataset, dev: ClipDataset, patience: int
    ):
        super().__init__(
            model,
            args,
            train_dataset=train,
            eval_dataset=dev,
            data_collator=Collator(train.extractor, mixup=True),
            compute_metrics=development_metrics(dev.table),
            callbacks=[EarlyStoppingCallback(patience), _UpdateAverage(self)],
        )
        self.network, self.train_clips, self.dev_clips = model, train, dev
        self.averaged = AveragedModel(model, avg_fn=moving_average, use_buffers=True)

    def _get_train_sampler(self, train_dataset: Any = None) -> torch.utils.data.Sampler:
        weights = sampling_weights(self.train_clips.table)
        return torch.utils.data.WeightedRandomSampler(weights.tolist(), len(weights))  # draws with replacement

    def get_test_dataloader(self, test_dataset: Any) -> torch.utils.data.DataLoader:
        return self.get_eval_dataloader(test_dataset)

    def get_eval_dataloader(self, eval_dataset: Any = None) -> torch.utils.data.DataLoader:
        collator = Collator(self.dev_clips.extractor, mixup=False)
        clips = eval_dataset or self.dev_clips
        return self.accelerator.prepare(
            torch.utils.data.DataLoader(clips, self.args.eval_batch_size, collate_fn=collator)
        )

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        inputs = dict(inputs)
        labels, known = inputs.pop("labels"), inputs.pop("known")
        logits = model(**inputs).logits
        loss = masked_cross_entropy(logits, labels, known)
        return (loss, SequenceClassifierOutput(logits=logits)) if return_outputs else loss

    def evaluation_loop(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluates the averaged weights, then puts the trained ones back."""
        trained = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.averaged.module.state_dict())
        try:
            return super().evaluation_loop(*args, **kwargs)
        finally:
            self.network.load_state_dict(trained)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        super()._save(output_dir, state_dict)
        state = {**self.averaged.module.state_dict(), "n_averaged": self.averaged.n_averaged}
        save_file(state, Path(output_dir or str(self.args.output_dir)) / AVERAGED_WEIGHTS)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        self._load_average(resume_from_checkpoint)

    def _load_best_model(self) -> None:
        """The averaged weights of the best epoch become the model."""
        assert self.state.best_model_checkpoint is not None
        self._load_average(self.state.best_model_checkpoint)
        self.network.load_state_dict(self.averaged.module.state_dict())

    def _load_average(self, checkpoint: str) -> None:
        state = load_file(Path(checkpoint) / AVERAGED_WEIGHTS)
        self.averaged.n_averaged.copy_(state.pop("n_averaged"))
        self.averaged.module.load_state_dict(state)


class _UpdateAverage(TrainerCallback):
    def __init__(self, trainer: EmotionTrainer):
        self.trainer = trainer

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.trainer.averaged.update_parameters(self.trainer.network)
