"""The Hugging Face Trainer with what emotional speech needs: masked labels, balanced sampling, averaged weights."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch.optim.swa_utils import AveragedModel
from transformers import (
    EarlyStoppingCallback,
    PreTrainedModel,
    SequenceFeatureExtractor,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.modeling_outputs import SequenceClassifierOutput
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_callback import PrinterCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from ser_demo.errors import SerError, first_line
from ser_demo.training.checkpoint import last_complete_epoch
from ser_demo.training.dataset import ClipDataset, Collator
from ser_demo.training.losses import development_metrics, masked_cross_entropy, sampling_weights

AVERAGED_WEIGHTS = "averaged.safetensors"
BATCHES_SORTED = 8  # by length, together


class BalancedSampler(torch.utils.data.Sampler[int]):
    """Draws clips with replacement by their weights; every process of a distributed training draws the same.

    Clips that come near each other are sorted by length, so that a batch is padded little, which saves a third of the
    work.

    Args:
        weights: (n,), how often each clip is drawn, in proportion.
        lengths: (n,), of the clips, in any unit.
        batch_size: clips per step, over all processes together.
        seed: of the draws; each epoch has its own.
    """

    def __init__(self, weights: torch.Tensor, lengths: torch.Tensor, batch_size: int, seed: int):
        self.weights, self.lengths, self.batch_size, self.seed, self.epoch = weights, lengths, batch_size, seed, 0

    def __len__(self) -> int:
        return len(self.weights)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        drawn = torch.multinomial(self.weights, len(self.weights), replacement=True, generator=generator)
        batches = [
            batch
            for near in drawn.split(self.batch_size * BATCHES_SORTED)
            for batch in near[self.lengths[near].argsort(stable=True)].split(self.batch_size)
        ]
        full = [batch for batch in batches if len(batch) == self.batch_size]
        rest = [batch for batch in batches if len(batch) < self.batch_size]  # at most one, which has to stay the last
        order = torch.randperm(len(full), generator=generator).tolist()
        return iter(torch.cat([*(full[number] for number in order), *rest]).tolist())

    def set_epoch(self, epoch: int) -> None:
        """Called before each epoch, also of a resumed training, which so draws what it would have drawn."""
        self.epoch = epoch


class EmotionTrainer(Trainer):
    """Trains `model` on one `ClipDataset`; evaluates, chooses and keeps the moving average of the weights.

    Args:
        model, args: as the Trainer's.
        extractor: of the network.
        train, dev: clips to learn from and to choose by.
        patience: epochs without a better figure on `dev` after which training stops.
        averaging: decay of the moving average per step, once it has seen enough steps; 0 follows the weights.
        balance: see `sampling_weights`.
        label_smoothing: see `masked_cross_entropy`.
        callbacks: further ones.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        args: TrainingArguments,
        extractor: SequenceFeatureExtractor,
        train: ClipDataset,
        dev: ClipDataset,
        patience: int,
        averaging: float,
        balance: float,
        label_smoothing: float,
        callbacks: list[TrainerCallback],
    ):
        super().__init__(
            model,
            args,
            train_dataset=train,
            eval_dataset=dev,
            data_collator=Collator(extractor, train.augmentations),
            compute_metrics=development_metrics(dev.table),
            callbacks=[_Patience(patience), _UpdateAverage(self), *callbacks],
        )
        self.remove_callback(PrinterCallback)
        self.network, self.extractor, self.train_clips, self.dev_clips = model, extractor, train, dev
        self.patience = patience
        self.balance, self.label_smoothing = balance, label_smoothing
        self.recent_loss = 0.0  # of about the last 20 steps
        self.averaged = AveragedModel(model, avg_fn=moving_average(averaging), use_buffers=True)

    def train_from(self, epoch: Path | None) -> None:
        """Trains; of a resumed training what is left of it after `epoch`, which is nothing where that was the last."""
        state = TrainerState.load_from_json(str(epoch / TRAINER_STATE_NAME)) if epoch else None
        if state and state.best_global_step and _is_over(state, self.patience):
            self.state = state
            # The folder may have moved since the state was written.
            best = Path(str(self.args.output_dir)) / f"{PREFIX_CHECKPOINT_DIR}-{state.best_global_step}"
            self.state.best_model_checkpoint = str(best)
            self._load_best_model()
        else:
            self.train(resume_from_checkpoint=str(epoch) if epoch else None)

    def _get_train_sampler(self, train_dataset: Any = None) -> torch.utils.data.Sampler:
        weights = sampling_weights(self.train_clips.table, self.balance)
        lengths = torch.tensor([len(clip.samples) for clip in self.train_clips.clips])
        batch_size = self.args.train_batch_size * self.args.world_size
        return BalancedSampler(torch.from_numpy(weights), lengths, batch_size, self.args.seed)

    def get_test_dataloader(self, test_dataset: Any) -> torch.utils.data.DataLoader:
        return self.get_eval_dataloader(test_dataset)

    def get_eval_dataloader(self, eval_dataset: Any = None) -> torch.utils.data.DataLoader:
        clips = eval_dataset or self.dev_clips
        return self.accelerator.prepare(
            torch.utils.data.DataLoader(clips, self.args.eval_batch_size, collate_fn=Collator(self.extractor))
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
        answers = len(logits) // len(labels)  # the embedded network's poolings answer one by one while they learn
        loss = masked_cross_entropy(logits, labels.repeat(answers, 1), known.repeat(answers, 1), self.label_smoothing)
        if model.training:
            self.recent_loss = 0.95 * (self.recent_loss or float(loss.detach())) + 0.05 * float(loss.detach())
        return (loss, SequenceClassifierOutput(logits=logits)) if return_outputs else loss

    def evaluation_loop(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluates the averaged weights, then puts the trained ones back."""
        trained = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.averaged.module.state_dict())
        try:
            return super().evaluation_loop(*args, **kwargs)
        finally:
            self.network.load_state_dict(trained)

    def _save_checkpoint(self, model: torch.nn.Module, trial: Any) -> None:
        try:
            super()._save_checkpoint(model, trial)
        except (OSError, SafetensorError, RuntimeError) as error:  # torch reports a failed write as RuntimeError
            states = Path(str(self.args.output_dir))
            folder = states / f"checkpoint-{self.state.global_step}"
            if self.args.should_save:
                shutil.rmtree(folder, ignore_errors=True)
            safe = last_complete_epoch(states)
            go_on = "The epoch before it is safe: go on with --resume" if safe else "Start again"
            raise SerError(
                f"{folder}: this epoch cannot be saved ({first_line(error)}). {go_on} when there is more disk space."
            ) from error

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        super()._save(output_dir, state_dict)
        if self.args.should_save:  # the first process of a distributed training
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


def moving_average(averaging: float) -> Any:
    """The average after one more step; young averages move fast, so that they do not hang on to the start."""

    def average(average: torch.Tensor, current: torch.Tensor, steps: torch.Tensor | int) -> torch.Tensor:
        decay = min(averaging, (1 + float(steps)) / (10 + float(steps)))
        return average + (1 - decay) * (current - average)

    return average


class _Patience(EarlyStoppingCallback):
    """Of a resumed training goes on counting, which transformers' own begins anew."""

    def on_train_begin(self, args: Any, state: TrainerState, control: TrainerControl, **more: Any) -> None:
        super().on_train_begin(args, state, control, **more)
        self.early_stopping_patience_counter = _epochs_without_progress(state)


def _epochs_without_progress(state: TrainerState) -> int:
    """How many were measured since the best one."""
    best = state.best_global_step or 0
    return sum("eval_loss" in entry and entry["step"] > best for entry in state.log_history)


def _is_over(state: TrainerState, patience: int) -> bool:
    """Whether a training ended with the epoch that left `state`, and was stopped only before its model was saved."""
    return state.global_step >= state.max_steps or _epochs_without_progress(state) >= patience


class _UpdateAverage(TrainerCallback):
    def __init__(self, trainer: EmotionTrainer):
        self.trainer = trainer

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.trainer.averaged.update_parameters(self.trainer.network)
