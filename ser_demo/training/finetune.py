"""Fine-tuning from labelled recordings to a calibrated checkpoint, in one call."""

import math
import os
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedModel, SequenceFeatureExtractor, TrainingArguments, set_seed

from ser_demo.errors import SerError
from ser_demo.labels import in_order
from ser_demo.training.architectures import freeze, load_network, new_network
from ser_demo.training.augmentation import chances_of
from ser_demo.training.calibrate import calibrate
from ser_demo.training.checkpoint import (
    check_output,
    describe_speakers,
    remember_settings,
    save_finished,
    training_record,
)
from ser_demo.training.clips import dataset, prepare, teaches
from ser_demo.training.dataset import ClipDataset, Collator, inputs_of
from ser_demo.training.distillation import blend_labels, check_teachers
from ser_demo.training.options import FinetuneOptions
from ser_demo.training.pretrained import check_startable, read_weights, standardize, start_from_whisper
from ser_demo.training.probe import fit_classifier
from ser_demo.training.trainer import EmotionTrainer
from ser_demo.training.watch import ReportProgress, Silence, Watch
from ser_demo.whisper.modeling_ser_whisper import SerWhisperForAudioClassification

CLIPS_TO_START = 300  # by which pretrained weights are fitted to what they will hear
CHANGED_HEARINGS = 3  # of each clip, by which a new classifier is fitted, beside one of the clip as it is


def finetune(table: pd.DataFrame, options: FinetuneOptions, watch: Watch) -> bool:
    """Trains on the rows of split "train", chooses the best epoch and calibrates on "dev", saves.

    Under `torchrun` every process calls this and trains on its share of each batch.

    Args:
        table: of `read_corpora`, with the column `split`.
        options: the choices of this training.
        watch: told of the progress.

    Returns:
        Whether this process has saved the checkpoint: of a distributed training only the first does.

    Raises:
        SerError: recordings, weights, settings or a disk that cannot be used.
    """
    resumed = check_output(options)
    arguments = _training_arguments(options)  # meets the other processes of a distributed training
    if arguments.process_index > 0:
        watch = Silence()
    labels = _labels(table)
    check_teachers(options.teachers, labels)
    set_seed(options.seed)
    start = _load(options, labels, watch)  # before anything takes long
    prepared = prepare(table, ("train", "dev"), labels, watch)
    train = dataset(prepared, "train", labels, options.augmentations)
    dev = dataset(prepared, "dev", labels)
    blend_labels(train, options.teachers, labels, watch)
    _make_ready(start, options, train, arguments.device, watch)
    model, extractor = start.model, start.extractor
    watch.log(f"training on {_describe(train.table)}; choosing on {_describe(dev.table)}")
    numbers, processes = "bfloat16" if arguments.bf16 else "float32", arguments.world_size
    watch.log(f"computing on {arguments.device.type} in {numbers}, {processes} process{'es' * (processes > 1)}")
    tables = {"train": train.table, "dev": dev.table}
    if arguments.process_index == 0:
        remember_settings(options, labels, tables)

    report = ReportProgress(options, watch)
    trainer = report.trainer = EmotionTrainer(
        model,
        arguments,
        extractor,
        train,
        dev,
        patience=options.patience,
        averaging=options.averaging,
        balance=options.balance,
        label_smoothing=options.label_smoothing,
        callbacks=[report],
    )
    if arguments.process_index > 0:  # each changes its clips by chances of its own
        torch.manual_seed(options.seed + arguments.process_index)
    if options.epochs:
        trainer.train_from(resumed)
    logits = cast(np.ndarray, trainer.predict(dev).predictions)
    if not np.isfinite(logits).all():
        rate = options.learning_rate
        raise SerError(
            f"the training diverged in its first epoch. Start anew with a --learning-rate below {rate}: name another "
            f"folder or delete {options.states}."
        )
    calibration, uar = calibrate(model, logits, dev, labels)
    if not trainer.is_world_process_zero():
        return False
    watch.log(f"development UAR {100 * uar:.1f} %, temperature {calibration['temperature']:.3f}")
    training = training_record(options, model, trainer.state, tables, uar)
    save_finished(model, extractor, options, {"training": training, "calibration": calibration})
    return True


def _labels(table: pd.DataFrame) -> list[str]:
    """The emotions that train."""
    labels = in_order(table.loc[table["split"] == "train", "emotion"])
    if missing := {"train", "dev"} - set(table["split"]):
        raise SerError(f"the recordings hold no {' or '.join(sorted(missing))} speakers: see --split-by.")
    if len(labels) < 2:
        raise SerError(f"the training recordings hold one emotion only ({labels[0]}): there is nothing to tell apart.")
    useful = teaches(table, table["split"].isin(["train", "dev"]) & table["emotion"].isin(labels))
    if not (labels := in_order(table.loc[useful & (table["split"] == "train"), "emotion"])):
        raise SerError(
            "each corpus holds one emotion only: there is nothing to tell apart within one. Give recordings that "
            "belong together one name in a CSV's column corpus."
        )
    return labels


@dataclass(frozen=True)
class _Start:
    """What a training starts with: a network, whether its classifier is new, and the weights that it is to be given."""

    model: PreTrainedModel
    extractor: SequenceFeatureExtractor
    is_new: bool
    weights: dict[str, torch.Tensor] | None


def _load(options: FinetuneOptions, labels: list[str], watch: Watch) -> _Start:
    """All that can be found wrong without having heard a clip is found here."""
    model: PreTrainedModel
    extractor: SequenceFeatureExtractor
    weights, is_new = None if options.weights is None else read_weights(options.weights), True
    if options.model is None:
        model, extractor = new_network(labels)
    else:
        model, extractor, is_new = load_network(options.model, labels, with_weights=weights is None)
        if weights is not None:
            watch.log(f"{options.model}: gives the shape, {options.weights} the weights")
        elif is_new:
            watch.log(f"{options.model}: its last layer is trained anew, for {', '.join(labels)}")
    if weights is not None:
        check_startable(model)
    freeze(model, options.freeze)
    return _Start(model, extractor, is_new, weights)


def _make_ready(
    start: _Start, options: FinetuneOptions, train: ClipDataset, device: torch.device, watch: Watch
) -> None:
    """Gives the network its weights, and fits its classifier to the clips `train` where it is new."""
    model, extractor, plain = start.model, start.extractor, train.as_they_are()
    if start.weights is not None or (isinstance(model, SerWhisperForAudioClassification) and start.is_new):
        some = [plain[number] for number in range(0, len(plain), math.ceil(len(plain) / CLIPS_TO_START))]
        speech = inputs_of(Collator(extractor)(some))
        if start.weights is not None:
            start_from_whisper(model, start.weights, speech)
        if isinstance(model, SerWhisperForAudioClassification):
            standardize(model, speech)
    model.to(device)  # type: ignore[arg-type]
    if start.is_new and not options.resume:
        hearings = [plain, *[train] * (CHANGED_HEARINGS if chances_of(options.augmentations) else 0)]
        tell = partial(watch.progress, "fitting the classifier")
        fit_classifier(model, extractor, hearings, options.balance, options.label_smoothing, tell)


def _describe(table: pd.DataFrame) -> str:
    parts = describe_speakers(table).items()
    return ", ".join(f"{corpus}: {len(part['speakers'])} speakers, {part['clips']} clips" for corpus, part in parts)


def _training_arguments(options: FinetuneOptions) -> TrainingArguments:
    on_cpu = not torch.accelerator.is_available()
    is_distributed = int(os.environ.get("WORLD_SIZE", "1")) > 1  # set by torchrun
    arguments = TrainingArguments(
        output_dir=str(options.states),
        num_train_epochs=options.epochs,
        per_device_eval_batch_size=64,
        learning_rate=options.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=0.05,  # as a share of all steps
        weight_decay=0.01,
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model=options.best_by,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        # Not on CPUs, where the small convolutions of the embedded network get slower by it.
        bf16=torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False),
        use_cpu=on_cpu,
        ddp_backend="gloo" if is_distributed and on_cpu else None,
        label_names=["labels", "known"],
        disable_tqdm=True,
        report_to="none",
        seed=options.seed,
    )
    # Several GPUs are for a launcher: the Trainer would make each step as many times as large.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    if options.batch_size % arguments.world_size:
        raise SerError(
            f"--batch-size {options.batch_size} cannot be shared by {arguments.world_size} processes equally."
        )
    arguments.per_device_train_batch_size = options.batch_size // arguments.world_size
    return arguments
