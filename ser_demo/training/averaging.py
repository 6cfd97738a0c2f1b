"""Several trainings as one checkpoint, whose weights are the mean of theirs.

Trainings that go on from the same pretrained weights end in one valley: the mean of their weights is right more often
than each of them, and costs no more to ask (model soups, Wortsman et al., 2022, arXiv:2203.05482). Trainings from
different random weights do not, and their mean knows nothing.
"""

import copy
import json
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import AutoConfig, PreTrainedModel, SequenceFeatureExtractor

from ser_demo.errors import SerError
from ser_demo.evaluation.calibration import fold_calibration, read_calibration
from ser_demo.labels import canonical_labels
from ser_demo.training.alignment import align
from ser_demo.training.architectures import load_network, output_layer
from ser_demo.training.calibrate import calibrate
from ser_demo.training.checkpoint import check_unused, describe_speakers, make_folder, save_model
from ser_demo.training.clips import dataset, prepare
from ser_demo.training.dataset import ClipDataset
from ser_demo.training.hearing import hear
from ser_demo.training.shared_pooling import share_poolings
from ser_demo.training.voices import Speakers, merge_speakers, speakers_of
from ser_demo.training.watch import Watch

# What the card tells of each training, and of what is a mean already, which counts as one.
TOLD = ("command", "seed", "start", "epoch", "epochs", "dev_uar", "speakers")
TOLD_OF_MEAN = ("command", "averaged", "start", "dev_uar", "speakers")
Network = tuple[PreTrainedModel, SequenceFeatureExtractor]
Voice = tuple[str, str]  # corpus and speaker


def average(sources: Sequence[Path], output: Path, table: pd.DataFrame, command: str, watch: Watch) -> None:
    """Saves a checkpoint with the mean of the checkpoints' weights, calibrated on the rows of split "dev".

    A development speaker who trained some of them (`finetune --fold`) is answered by the mean of the others for that: a
    network is surer of voices that trained it than it may be of new ones.

    Args:
        sources: folders that `finetune` or `average` made, of one architecture.
        output: a folder for the new checkpoint.
        table: of `read_corpora`, with the column `split`.
        command: what was typed, for the card.
        watch: told of the progress.

    Raises:
        SerError: checkpoints that do not fit together, no development recordings, a folder that cannot be written.
    """
    make_folder(output)
    check_unused(output)
    trainings = [_training_of(source) for source in sources]
    labels = _labels_of(sources[0])
    networks = _load(sources, labels)
    prepared = prepare(table, ("train", "dev"), labels, watch)
    dev = dataset(prepared, "dev", labels)
    logits = _hear_as_new(networks, [_voices_of(training) for training in trainings], dev, labels, watch)
    model, extractor = _mean(networks)
    calibration, uar = calibrate(model, logits, dev, labels)
    watch.log(f"development UAR {100 * uar:.1f} %, temperature {calibration['temperature']:.3f}")
    record = {
        "command": command,
        "averaged": [{name: training[name] for name in _told(training)} for training in trainings],
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "start": trainings[0]["start"],
        "speakers": _speakers(prepared.table, trainings),
        "lineage": _unique(step for training in trainings for step in training["lineage"]),
        "dev_uar": uar,
    }
    save_model(model, extractor, output, {"training": record, "calibration": calibration})


def _training_of(source: Path) -> dict[str, Any]:
    try:
        training = json.loads((source / "training.json").read_text(encoding="utf-8"))
        if missing := [name for name in (*_told(training), "lineage") if name not in training]:
            raise KeyError(missing[0])
    except (OSError, ValueError, KeyError) as error:
        raise SerError(
            f"{source}: is no folder that finetune or average made: its training.json is missing or unknown."
        ) from error
    return training


def _told(training: dict[str, Any]) -> tuple[str, ...]:
    return TOLD_OF_MEAN if "averaged" in training else TOLD


def _labels_of(source: Path) -> list[str]:
    try:
        config = AutoConfig.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise SerError(f"{source}: its config.json cannot be read.") from error
    return canonical_labels([config.id2label[number] for number in range(config.num_labels)])


def _load(sources: Sequence[Path], labels: list[str]) -> list[Network]:
    """The networks with their extractors, without what calibrated each of them."""
    networks: list[Network] = []
    for source in sources:
        network, extractor, is_new = load_network(str(source), labels)
        if is_new:
            raise SerError(f"{source}: does not answer with {', '.join(labels)}, as {sources[0]} does.")
        _uncalibrate(network, str(source))
        networks.append((network, extractor))
    shared = share_poolings([network for network, _ in networks])
    networks = [(network, extractor) for network, (_, extractor) in zip(shared, networks, strict=True)]
    shapes = [{name: value.shape for name, value in network.state_dict().items()} for network, _ in networks]
    for source, shape, (_, extractor) in zip(sources, shapes, networks, strict=True):
        if shape != shapes[0]:
            raise SerError(f"{source}: is of another shape than {sources[0]}.")
        if extractor.to_dict() != networks[0][1].to_dict():
            raise SerError(f"{source}: does not hear the same features as {sources[0]}.")
    for network, _ in networks[1:]:
        align(network, networks[0][0])
    return networks


def _mean(networks: Sequence[Network]) -> Network:
    """A network with the mean of all weights and running statistics."""
    states = [network.state_dict() for network, _ in networks]
    means = {
        name: torch.stack([state[name] for state in states]).mean(0) if value.is_floating_point() else value
        for name, value in states[0].items()
    }
    network, extractor = networks[0]
    mean = copy.deepcopy(network)
    mean.load_state_dict(means)
    return mean, extractor


def _voices_of(training: dict[str, Any]) -> set[Voice]:
    """Who trained it."""
    return {(corpus, name) for corpus, of in speakers_of(training)["train"].items() for name in of["speakers"]}


def _hear_as_new(
    networks: Sequence[Network], trained: Sequence[set[Voice]], clips: ClipDataset, labels: list[str], watch: Watch
) -> np.ndarray:
    """(n, labels) logits of each clip by the mean of the networks that its speaker did not train, or else of all."""
    voices = list(zip(clips.table["corpus"], clips.table["speaker"], strict=True))
    chosen = [tuple(number for number, names in enumerate(trained) if voice not in names) for voice in voices]
    logits = np.zeros((len(clips), len(labels)), np.float32)
    tell = partial(watch.progress, "hearing the development speakers")
    for numbers in sorted(set(chosen)):
        rows = [row for row, others in enumerate(chosen) if others == numbers]
        part = ClipDataset(clips.table.iloc[rows].reset_index(drop=True), [clips.clips[row] for row in rows], labels)
        logits[rows] = hear(*_mean([networks[number] for number in numbers] or networks), part, tell)
    return logits


def _speakers(table: pd.DataFrame, trainings: Sequence[dict[str, Any]]) -> Speakers:
    """Who trained any of them, and who chose alone, in one of them or here, whether `table` has them or not."""
    trained = set[Voice]().union(*map(_voices_of, trainings))
    trains = np.array([voice in trained for voice in zip(table["corpus"], table["speaker"], strict=True)])
    chose = ~trains & (table["split"] == "dev").to_numpy()
    here = {"train": describe_speakers(table[trains]), "dev": describe_speakers(table[chose])}
    return merge_speakers([here, *map(speakers_of, trainings)])


def _unique(steps: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    for step in steps:
        if step not in told:
            told.append(step)
    return told


def _uncalibrate(network: PreTrainedModel, source: str) -> None:
    """Takes out what was folded in for this training alone: the mean is calibrated once, from the start."""
    calibration = read_calibration(source)
    if calibration is not None:
        biases = np.array(list(calibration.biases.values()))
        fold_calibration(output_layer(network), 1 / calibration.temperature, -biases * calibration.temperature)
