"""Fine-tuning from labelled recordings to a calibrated checkpoint, in one call."""

import os
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import torch
from scipy.special import softmax
from transformers import EvalPrediction, PreTrainedModel, SequenceFeatureExtractor, TrainingArguments, set_seed

from ser_demo.corpora.anonymity import hide_names
from ser_demo.corpora.preparation import Prepared, prepare_clips
from ser_demo.errors import SerError
from ser_demo.evaluation.calibration import balanced_weights, fit_calibration, fold_calibration
from ser_demo.evaluation.metrics import expected_calibration_error, restrict
from ser_demo.labels import in_order
from ser_demo.training.architectures import freeze, load_network, new_mobilenet, output_layer
from ser_demo.training.checkpoint import (
    check_output,
    describe_speakers,
    remember_settings,
    save_finished,
    training_record,
)
from ser_demo.training.dataset import ClipDataset
from ser_demo.training.losses import development_metrics
from ser_demo.training.options import FinetuneOptions
from ser_demo.training.pretrained import load_audioset_weights
from ser_demo.training.trainer import EmotionTrainer
from ser_demo.training.watch import ReportProgress, Silence, Watch


def finetune(table: pd.DataFrame, options: FinetuneOptions, watch: Watch) -> bool:
    """Trains on the rows of split "train", chooses the epoch with the best UAR on "dev", calibrates on "dev", saves.

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
    set_seed(options.seed)
    labels = _labels(table)
    prepared = _prepare(table, labels, watch)
    train = _dataset(prepared, "train", labels, options.augmentations)
    dev = _dataset(prepared, "dev", labels, ())
    model, extractor = _network(options, labels, watch)
    watch.log(f"training on {_describe(train.table)}; choosing on {_describe(dev.table)}")
    if arguments.process_index == 0:
        remember_settings(options, labels, len(prepared.table))

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
    trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    calibration, uar = _calibrate(trainer, dev, labels)
    if not trainer.is_world_process_zero():
        return False
    watch.log(f"development UAR {100 * uar:.1f} %, temperature {calibration['temperature']:.3f}")
    training = training_record(options, trainer, {"train": train.table, "dev": dev.table}, uar)
    save_finished(model, extractor, options, {"training": training, "calibration": calibration})
    return True


def _labels(table: pd.DataFrame) -> list[str]:
    """The emotions that train."""
    labels = in_order(table.loc[table["split"] == "train", "emotion"])
    if missing := {"train", "dev"} - set(table["split"]):
        raise SerError(f"the recordings hold no {' or '.join(sorted(missing))} speakers: see --split-by.")
    if len(labels) < 2:
        raise SerError(f"the training recordings hold one emotion only ({labels[0]}): there is nothing to tell apart.")
    return labels


def _prepare(table: pd.DataFrame, labels: list[str], watch: Watch) -> Prepared:
    wanted = table["split"].isin(["train", "dev"]) & table["emotion"].isin(labels)
    rows = hide_names(table)[wanted].reset_index(drop=True)
    prepared = prepare_clips(rows, lambda done, total: watch.progress("decoding", done, total))
    for rejected in prepared.rejected:
        watch.log(f"set aside: {Path(rejected.path).name}: {rejected.reason}")
    if missing := {"train", "dev"} - set(prepared.table["split"]):
        raise SerError(f"no {' and no '.join(sorted(missing))} recording is left: all were set aside, see above.")
    return prepared


def _network(
    options: FinetuneOptions, labels: list[str], watch: Watch
) -> tuple[PreTrainedModel, SequenceFeatureExtractor]:
    if options.model is None:
        mobilenet, extractor = new_mobilenet(labels)
        if options.weights is not None:
            load_audioset_weights(mobilenet, options.weights)
        freeze(mobilenet, options.freeze)
        return mobilenet, extractor
    model, its_extractor, is_new = load_network(options.model, labels)
    if is_new:
        watch.log(f"{options.model}: its last layer is trained anew, for {', '.join(labels)}")
    freeze(model, options.freeze)
    return model, its_extractor


def _dataset(prepared: Prepared, split: str, labels: list[str], augmentations: tuple[str, ...]) -> ClipDataset:
    rows = np.flatnonzero(prepared.table["split"] == split)
    part = prepared.table.iloc[rows].reset_index(drop=True)
    return ClipDataset(part, [prepared.clips[row] for row in rows], labels, augmentations)


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
        metric_for_best_model="uar",
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        bf16=_computes_in_bfloat16(),
        use_cpu=on_cpu,
        ddp_backend="gloo" if is_distributed and on_cpu else None,
        label_names=["labels", "known"],
        disable_tqdm=True,
        report_to="none",
        seed=options.seed,
    )
    if options.batch_size % arguments.world_size:
        raise SerError(
            f"--batch-size {options.batch_size} cannot be shared by {arguments.world_size} processes equally."
        )
    arguments.per_device_train_batch_size = options.batch_size // arguments.world_size
    return arguments


def _computes_in_bfloat16() -> bool:
    """Whether the hardware, a GPU or else the CPU, multiplies bfloat16 faster than float32."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    abilities = torch.cpu.get_capabilities()
    return any(abilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _calibrate(trainer: EmotionTrainer, dev: ClipDataset, labels: list[str]) -> tuple[dict[str, Any], float]:
    """Fits temperature and biases on the development clips and folds them into the network.

    Returns:
        What was fitted, with the calibration error before and after; the development UAR after it.
    """
    prediction = trainer.predict(dev)
    logits = cast(np.ndarray, prediction.predictions)
    if not np.isfinite(logits).all():
        rate = trainer.args.learning_rate
        raise SerError(f"the training diverged in its first epoch: try a --learning-rate below {rate}.")
    classes, known = np.array(dev.classes), np.stack(dev.known)
    temperature, biases = fit_calibration(logits, classes, balanced_weights(dev.table).to_numpy())
    fold_calibration(output_layer(trainer.network), temperature, biases)
    calibrated = logits / temperature + biases

    def error(logits: np.ndarray) -> float:
        return expected_calibration_error(classes, restrict(softmax(logits, axis=1), known))

    record = {
        "temperature": temperature,
        "biases": dict(zip(labels, biases.tolist(), strict=True)),
        "dev_ece_before": error(logits),
        "dev_ece_after": error(calibrated),
    }
    figures = development_metrics(dev.table)(EvalPrediction(calibrated, cast(Any, prediction.label_ids)))
    return record, figures["uar"]
