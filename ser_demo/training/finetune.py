"""Fine-tuning from folders of recordings to an evaluated checkpoint, in one call."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import torch
from transformers import TrainingArguments, set_seed

from ser_demo.corpora.names import read_corpora
from ser_demo.corpora.preparation import Clip, prepare_clips
from ser_demo.corpora.splits import assign_split
from ser_demo.errors import SerError
from ser_demo.evaluation.calibration import balanced_weights, fit_calibration, fold_calibration
from ser_demo.labels import EMOTIONS
from ser_demo.mobilenet.configuration_ser_mobilenet import SerMobileNetConfig
from ser_demo.mobilenet.feature_extraction_ser_mobilenet import SerMobileNetFeatureExtractor
from ser_demo.mobilenet.modeling_ser_mobilenet import SerMobileNetForAudioClassification
from ser_demo.training.dataset import ClipDataset
from ser_demo.training.pretrained import load_audioset_weights
from ser_demo.training.trainer import EmotionTrainer


@dataclass(frozen=True)
class FinetuneOptions:
    """What one training is made of; the card of the checkpoint repeats it.

    Attributes:
        data: folders that hold the recordings.
        output: folder for the finished checkpoint; training states go to its sub-folder `training`.
        weights: EfficientAT file to start from, None for random weights.
        epochs: passes over as many clips as there are training clips.
        batch_size: clips per step.
        learning_rate: peak of the cosine schedule.
        patience: epochs without a better development UAR after which training stops.
        seed: of weights, sampling and augmentation.
        resume: go on from the last saved epoch in `output`.
    """

    data: list[Path]
    output: Path
    weights: Path | None
    epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    seed: int
    resume: bool


def finetune(options: FinetuneOptions, progress: Callable[[int, int], None], log: Callable[[str], None]) -> None:
    """Trains, chooses the epoch with the best development UAR, calibrates, and saves to `options.output`.

    Raises:
        SerError: corpora or weights that cannot be used, or nothing to resume from.
    """
    states = options.output / "training"
    has_states = any(states.glob("checkpoint-*"))
    if options.resume and not has_states:
        raise SerError(f"{options.output}: holds no saved epoch to resume from. Leave --resume out to start anew.")
    if has_states and not options.resume:
        raise SerError(f"{options.output}: holds an unfinished training. Go on with --resume or name another folder.")
    set_seed(options.seed)
    table, unknown = read_corpora(options.data)
    if unknown:
        log(f"{len(unknown)} audio files belong to no known corpus and are left out, such as {unknown[0].name}.")
    table = table.assign(split=assign_split(table))
    table = table[table["split"] != "test"].reset_index(drop=True)
    if missing := {"train", "dev"} - set(table["split"]):
        raise SerError(f"the corpora hold no {' or '.join(sorted(missing))} speakers: see ser_demo/corpora/splits.py.")
    log(f"decoding {len(table)} recordings")
    table, clips, rejected = prepare_clips(table, progress)
    for path, reason in rejected.items():
        log(f"set aside: {Path(path).name}: {reason}")

    extractor = SerMobileNetFeatureExtractor()
    model = _new_model(options.weights)
    train = _dataset(table, clips, "train", extractor, augment=True)
    dev = _dataset(table, clips, "dev", extractor, augment=False)
    log(f"training on {_describe(train.table)}; choosing on {_describe(dev.table)}")
    trainer = EmotionTrainer(model, _training_arguments(options, states), train, dev, options.patience)
    trainer.train(resume_from_checkpoint=options.resume or None)

    temperature, biases = _calibrate(trainer, model, dev)
    best = trainer.evaluate()
    log(f"development UAR {best['eval_uar']:.3f}, temperature {temperature:.3f}")
    save_checkpoint(model, extractor, options.output)
    record = {
        **_record(options, trainer, {"train": train.table, "dev": dev.table}),
        "dev_uar": best["eval_uar"],
        "temperature": temperature,
        "biases": dict(zip(EMOTIONS, biases.tolist(), strict=True)),
    }
    (options.output / "training.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(states)


def save_checkpoint(
    model: SerMobileNetForAudioClassification, extractor: SerMobileNetFeatureExtractor, folder: Path
) -> None:
    """Weights, configuration and preprocessor, with the code files that load them where SER Demo is not installed."""
    SerMobileNetConfig.register_for_auto_class()
    SerMobileNetFeatureExtractor.register_for_auto_class()
    SerMobileNetForAudioClassification.register_for_auto_class("AutoModelForAudioClassification")
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)


def _new_model(weights: Path | None) -> SerMobileNetForAudioClassification:
    config = SerMobileNetConfig(
        id2label=dict(enumerate(EMOTIONS)), label2id={emotion: i for i, emotion in enumerate(EMOTIONS)}
    )
    model = SerMobileNetForAudioClassification(config)
    if weights is not None:
        load_audioset_weights(model, weights)
    return model


def _dataset(
    table: pd.DataFrame, clips: list[Clip], split: str, extractor: SerMobileNetFeatureExtractor, augment: bool
) -> ClipDataset:
    rows = np.flatnonzero(table["split"] == split)
    part = table.iloc[rows].reset_index(drop=True)
    return ClipDataset(part, [clips[row] for row in rows], extractor, EMOTIONS, augment)


def _describe(table: pd.DataFrame) -> str:
    parts = _speakers(table).items()
    return ", ".join(f"{corpus}: {len(part['speakers'])} speakers, {part['clips']} clips" for corpus, part in parts)


def _training_arguments(options: FinetuneOptions, states: Path) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(states),
        num_train_epochs=options.epochs,
        per_device_train_batch_size=options.batch_size,
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
        label_names=["labels", "known"],
        report_to="none",
        seed=options.seed,
    )


def _record(options: FinetuneOptions, trainer: EmotionTrainer, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """What the card tells of this training."""
    return {
        "seed": options.seed,
        "start": "random" if options.weights is None else f"{options.weights.name} (sha256 {_sha256(options.weights)})",
        "epochs": options.epochs,
        "epoch": round((trainer.state.best_global_step or 0) / trainer.state.max_steps * options.epochs),
        "speakers": {split: _speakers(table) for split, table in tables.items()},
        "log": trainer.state.log_history,
    }


def _speakers(table: pd.DataFrame) -> dict[str, Any]:
    return {
        str(corpus): {"clips": len(rows), "speakers": sorted(rows["speaker"].unique())}
        for corpus, rows in table.groupby("corpus")
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _calibrate(
    trainer: EmotionTrainer, model: SerMobileNetForAudioClassification, dev: ClipDataset
) -> tuple[float, np.ndarray]:
    """Fits temperature and biases on the development clips and folds them into the model."""
    logits = cast(np.ndarray, trainer.predict(dev).predictions)
    temperature, biases = fit_calibration(logits, np.array(dev.classes), balanced_weights(dev.table).to_numpy())
    fold_calibration(model.classifier, temperature, biases)
    trainer.averaged.module.load_state_dict(model.state_dict())
    return temperature, biases
