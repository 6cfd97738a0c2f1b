"""Several trainings as one checkpoint, whose weights are the mean of theirs.

Trainings that go on from the same pretrained weights end in one valley: the mean of their weights is right more often
than each of them, and costs no more to ask (model soups, Wortsman et al., 2022, arXiv:2203.05482). Trainings from
different random weights do not, and their mean knows nothing.
"""

import json
from collections.abc import Sequence
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
from ser_demo.training.architectures import load_network, output_layer
from ser_demo.training.calibrate import calibrate
from ser_demo.training.checkpoint import save_model
from ser_demo.training.clips import dataset, prepare
from ser_demo.training.hearing import hear
from ser_demo.training.lineage import lineage_of
from ser_demo.training.watch import Watch

TOLD = ("command", "seed", "start", "epoch", "epochs", "dev_uar", "speakers")  # by the card, of each training


def average(sources: Sequence[Path], output: Path, table: pd.DataFrame, command: str, watch: Watch) -> None:
    """Saves a checkpoint with the mean of the checkpoints' weights, calibrated on the rows of split "dev".

    Args:
        sources: folders that `finetune` made, of one architecture.
        output: a folder for the new checkpoint.
        table: of `read_corpora`, with the column `split`.
        command: what was typed, for the card.
        watch: told of the progress.

    Raises:
        SerError: checkpoints that do not fit together, no development recordings, a folder that cannot be written.
    """
    if (output / "config.json").exists():
        raise SerError(f"{output}: holds a finished model. Name another folder.")
    trainings = [_training_of(source) for source in sources]
    labels = _labels_of(sources[0])
    model, extractor = _mean(sources, labels)
    dev = dataset(prepare(table, ("dev",), labels, watch), "dev", labels)
    logits = hear(model, extractor, dev, partial(watch.progress, "hearing the development speakers"))
    calibration, uar = calibrate(model, logits, dev, labels)
    watch.log(f"development UAR {100 * uar:.1f} %, temperature {calibration['temperature']:.3f}")
    record = {
        "command": command,
        "averaged": [{name: training[name] for name in TOLD if name != "speakers"} for training in trainings],
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "start": trainings[0]["start"],
        "speakers": trainings[0]["speakers"],
        "lineage": lineage_of(*map(str, sources)),
        "dev_uar": uar,
    }
    save_model(model, extractor, output, {"training": record, "calibration": calibration})


def _training_of(source: Path) -> dict[str, Any]:
    try:
        training = json.loads((source / "training.json").read_text(encoding="utf-8"))
        if missing := [name for name in TOLD if name not in training]:
            raise KeyError(missing[0])
    except (OSError, ValueError, KeyError) as error:
        raise SerError(
            f"{source}: is no folder that finetune made: its training.json is missing or unknown."
        ) from error
    return training


def _labels_of(source: Path) -> list[str]:
    try:
        config = AutoConfig.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise SerError(f"{source}: its config.json cannot be read.") from error
    return canonical_labels([config.id2label[number] for number in range(config.num_labels)])


def _mean(sources: Sequence[Path], labels: list[str]) -> tuple[PreTrainedModel, SequenceFeatureExtractor]:
    """The first network with the mean of all weights and running statistics, without any calibration."""
    networks, extractors = [], []
    for source in sources:
        network, extractor, is_new = load_network(str(source), labels)
        if is_new:
            raise SerError(f"{source}: does not answer with {', '.join(labels)}, as {sources[0]} does.")
        _uncalibrate(network, str(source))
        networks.append(network)
        extractors.append(extractor)
    states = [network.state_dict() for network in networks]
    shapes = [{name: value.shape for name, value in state.items()} for state in states]
    for source, shape, extractor in zip(sources, shapes, extractors, strict=True):
        if shape != shapes[0]:
            raise SerError(f"{source}: is of another shape than {sources[0]}.")
        if extractor.to_dict() != extractors[0].to_dict():
            raise SerError(f"{source}: does not hear the same features as {sources[0]}.")
    means = {
        name: torch.stack([state[name] for state in states]).mean(0) if value.is_floating_point() else value
        for name, value in states[0].items()
    }
    networks[0].load_state_dict(means)
    return networks[0], extractors[0]


def _uncalibrate(network: PreTrainedModel, source: str) -> None:
    """Takes out what was folded in for this training alone: the mean is calibrated once, from the start."""
    calibration = read_calibration(source)
    if calibration is not None:
        biases = np.array(list(calibration.biases.values()))
        fold_calibration(output_layer(network), 1 / calibration.temperature, -biases * calibration.temperature)
