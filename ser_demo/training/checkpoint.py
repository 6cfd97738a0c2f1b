"""What a training leaves on disk: the states to resume from, then the finished checkpoint and what the card tells."""

import hashlib
import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from safetensors import SafetensorError
from transformers import PreTrainedModel, SequenceFeatureExtractor, TrainerState

from ser_demo.errors import SerError
from ser_demo.training.lineage import lineage_of, shown_path
from ser_demo.training.options import FinetuneOptions
from ser_demo.training.pretrained import describe_weights
from ser_demo.whisper.configuration_ser_whisper import SerWhisperConfig
from ser_demo.whisper.feature_extraction_ser_whisper import SerWhisperFeatureExtractor
from ser_demo.whisper.modeling_ser_whisper import SerWhisperForAudioClassification

SETTINGS = "settings.json"
RECORDS = ("training", "calibration")  # of a finished model, written after all else in this order
MAY_CHANGE = ("output", "resume", "command", "patience")  # between a training and its resumption


def last_complete_epoch(states: Path) -> Path | None:
    """The newest saved epoch that was written to its end; a kill in the middle of writing leaves one that was not."""
    complete = [file.parent for file in states.glob("checkpoint-*/trainer_state.json")]  # written last
    return max(complete, key=lambda folder: int(folder.name.split("-")[1]), default=None)


def check_output(options: FinetuneOptions) -> Path | None:
    """The epoch to go on from, None for a new training.

    Raises:
        SerError: the folder cannot be written, or holds a finished model, a training that would be overwritten,
            something else that would be overwritten or deleted, or nothing to resume from.
    """
    make_folder(options.output)
    epoch, is_finished = last_complete_epoch(options.states), (options.output / "config.json").exists()
    if epoch is None and options.resume:
        if is_finished:
            raise SerError(f"{options.output}: holds a finished model, there is nothing left to resume.")
        raise SerError(f"{options.output}: holds no saved epoch to resume from. Leave --resume out to start anew.")
    if epoch is not None and not options.resume:
        raise SerError(
            f"{options.output}: holds an unfinished training. Go on with --resume, name another folder, or start anew: "
            f"delete {options.states}."
        )
    if epoch is None:
        check_unused(options.output)
        if others := [path.name for path in options.states.glob("*") if not _is_state(path.name)]:
            raise SerError(
                f"{options.states}: holds something else, such as {others[0]}, and is deleted when a training ends. "
                "Name another folder."
            )
    return epoch


def is_unmeasured(options: FinetuneOptions) -> bool:
    """Whether the same command has finished a model there, and was stopped while it measured it."""
    try:
        records = [json.loads((options.output / f"{name}.json").read_text(encoding="utf-8")) for name in RECORDS]
        return records[0]["command"] == options.command and not (options.output / "evaluation.html").exists()
    except (OSError, ValueError, KeyError, TypeError):  # nothing is there, or not to its end, or not ours
        return False


def make_folder(folder: Path) -> None:
    """Makes the folder of a checkpoint, where it is not there: what cannot be saved should not show after hours.

    Raises:
        SerError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SerError(f"{folder}: cannot be made ({error.strerror}). Name another folder.") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SerError(f"{folder}: this folder may not be written. Name another one.")


def check_unused(folder: Path) -> None:
    """Whether a finished checkpoint can be put into a folder without taking anything's place.

    Raises:
        SerError: another model or another README.md is there.
    """
    for name, what in (("config.json", "a finished model"), ("README.md", "a README.md, which the card would replace")):
        if (folder / name).exists():
            raise SerError(f"{folder}: holds {what}. Name another folder.")


def _is_state(name: str) -> bool:
    """Whether a file or folder among the states is what an earlier training there can have left."""
    return name == SETTINGS or name.startswith("checkpoint-")


def remember_settings(options: FinetuneOptions, labels: list[str], tables: dict[str, pd.DataFrame]) -> None:
    """Writes down what a training was started with, or compares a resumed one with it.

    Args:
        options: of the training.
        labels: that it learns.
        tables: the clips by split, with the columns `path`, `corpus`, `speaker` and `emotion`.

    Raises:
        SerError: a training is resumed with other settings or other recordings, or the disk is full or not writable.
    """
    chosen = {name: value for name, value in asdict(options).items() if name not in MAY_CHANGE}
    clips = {split: len(table) for split, table in tables.items()}
    marks = {split: _mark(table) for split, table in tables.items()}
    given = {**chosen, "labels": labels, "clips": clips, "recordings": marks}
    settings = json.loads(json.dumps(given, default=str))
    file = options.states / SETTINGS
    if options.resume and file.exists():
        before = {"recordings": marks} | json.loads(file.read_text(encoding="utf-8"))  # earlier versions wrote none
        if changed := [name for name in settings if settings[name] != before.get(name)]:
            was = "; ".join(f"{name} was {before.get(name)}, now {settings[name]}" for name in changed)
            raise SerError(
                f"{options.output}: was started with other settings ({was}). Resume with the same ones, or start anew: "
                f"name another folder or delete {options.states}."
            )
        return
    try:
        options.states.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings, indent=1), encoding="utf-8")
    except OSError as error:
        raise SerError(f"{file}: cannot be written ({error.strerror}). Free some disk space.") from error


def _mark(table: pd.DataFrame) -> str:
    """Another one for other clips, speakers or labels, but not for other folders of theirs."""
    names = table["path"].map(lambda path: Path(path).name)
    told = table[["corpus", "speaker", "emotion"]].assign(name=names).to_csv(index=False)
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def save_finished(
    model: PreTrainedModel, extractor: SequenceFeatureExtractor, options: FinetuneOptions, records: dict[str, Any]
) -> None:
    """As `save_model`; then the training states are deleted.

    Raises:
        SerError: a disk that is full or not writable; the training states are still there then.
    """
    try:
        save_model(model, extractor, options.output, records)
    except SerError as error:
        if last_complete_epoch(options.states) is None:  # as of no epochs at all
            raise
        raise SerError(
            f"{error} The training is safe in {options.states}: then run the same command with --resume."
        ) from error
    shutil.rmtree(options.states)


def save_model(
    model: PreTrainedModel, extractor: SequenceFeatureExtractor, folder: Path, records: dict[str, Any]
) -> None:
    """Weights, configuration, preprocessor and the `records` as JSON files.

    Matrices of weights are stored in half precision, in half the space; whoever loads them computes in float32, as
    config.json says. Vectors, some of whose values are too small for it, keep theirs.

    Raises:
        SerError: a disk that is full or not writable.
    """
    # Ours with the code files that load it where SER Demo is not installed.
    SerWhisperConfig.register_for_auto_class()
    SerWhisperFeatureExtractor.register_for_auto_class()
    SerWhisperForAudioClassification.register_for_auto_class("AutoModelForAudioClassification")
    try:
        model.save_pretrained(folder, state_dict={name: _stored(value) for name, value in model.state_dict().items()})
        for weights in folder.glob("*.safetensors"):  # which its library keeps from everybody else
            shutil.copymode(folder / "config.json", weights)
        extractor.save_pretrained(folder)
        for name, record in records.items():
            text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise SerError(f"{folder}: the model cannot be saved ({error}). Free some disk space.") from error


def _stored(value: torch.Tensor) -> torch.Tensor:
    return value.half() if value.is_floating_point() and value.ndim > 1 else value


def training_record(
    options: FinetuneOptions,
    model: PreTrainedModel,
    state: TrainerState,
    tables: dict[str, pd.DataFrame],
    dev_uar: float,
) -> dict[str, Any]:
    """What the card tells of a training: `state` is the trainer's in the end, `tables` are the clips by split."""
    return {
        "command": options.command,
        "seed": options.seed,
        "start": describe_weights(options.weights) if options.weights else shown_path(options.model or "random"),
        "epochs": options.epochs,
        "epoch": round((state.best_global_step or 0) / max(state.max_steps, 1) * options.epochs),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "speakers": {split: describe_speakers(table) for split, table in tables.items()},
        "lineage": lineage_of(*options.checkpoints),
        "dev_uar": dev_uar,
        "log": state.log_history,
    }


def describe_speakers(table: pd.DataFrame) -> dict[str, Any]:
    """By corpus: how many clips, which speakers, how many of each gender, which languages."""
    return {
        str(corpus): {
            "clips": len(rows),
            "speakers": sorted(rows["speaker"].unique()),
            "genders": rows.drop_duplicates("speaker")["gender"].replace("", "unknown").value_counts().to_dict(),
            "languages": sorted(set(rows["language"]) - {""}),
        }
        for corpus, rows in table.groupby("corpus")
    }
