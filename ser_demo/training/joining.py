"""Several trainings of the embedded network as one checkpoint: one encoder, and a branch of each that answer together.

Networks trained apart err apart: the mean of their answers is right more often, and less sure where they disagree
(Lakshminarayanan et al., 2017, arXiv:1612.01474). An encoder that did not train is the same in all of them but for the
running statistics of its normalisation, so that it need not be kept, and run, more than once.
"""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import AutoConfig, SequenceFeatureExtractor

from ser_demo.errors import SerError
from ser_demo.evaluation.calibration import fold_calibration, read_calibration
from ser_demo.labels import canonical_labels
from ser_demo.mobilenet.modeling_ser_mobilenet import SerMobileNetForAudioClassification
from ser_demo.training.architectures import load_network, output_layers
from ser_demo.training.calibrate import calibrate
from ser_demo.training.checkpoint import save_model
from ser_demo.training.clips import dataset, prepare
from ser_demo.training.hearing import hear
from ser_demo.training.lineage import lineage_of
from ser_demo.training.watch import Watch

TOLD = ("command", "seed", "start", "epoch", "epochs", "dev_uar")  # by the card, of each training


def join(sources: Sequence[Path], output: Path, table: pd.DataFrame, command: str, watch: Watch) -> None:
    """Joins the checkpoints, calibrates what they answer together on the rows of split "dev", and saves it.

    Args:
        sources: folders that `finetune` made, of the embedded architecture.
        output: a folder for the joined checkpoint.
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
    networks, extractor = _load(sources, labels)
    model = _joined(networks, sources)
    dev = dataset(prepare(table, ("dev",), labels, watch), "dev", labels)
    logits = hear(model, extractor, dev, partial(watch.progress, "hearing the development speakers"))
    calibration, uar = calibrate(model, logits, dev, labels)
    watch.log(f"development UAR {100 * uar:.1f} %, temperature {calibration['temperature']:.3f}")
    record = {
        "command": command,
        "joined": [{name: training[name] for name in TOLD} for training in trainings],
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


def _load(
    sources: Sequence[Path], labels: list[str]
) -> tuple[list[SerMobileNetForAudioClassification], SequenceFeatureExtractor]:
    networks, extractors = [], []
    for source in sources:
        network, extractor, is_new = load_network(str(source), labels)
        if not isinstance(network, SerMobileNetForAudioClassification):
            raise SerError(f"{source}: is a {network.config.model_type}; only embedded networks can be joined.")
        if is_new:
            raise SerError(f"{source}: does not answer with {', '.join(labels)}, as {sources[0]} does.")
        _uncalibrate(network, str(source))
        networks.append(network)
        extractors.append(extractor)
    if any(extractor.to_dict() != extractors[0].to_dict() for extractor in extractors):
        raise SerError(f"{', '.join(map(str, sources))}: do not hear the same features.")
    return networks, extractors[0]


def _uncalibrate(network: SerMobileNetForAudioClassification, source: str) -> None:
    """Takes out what was folded in for this branch alone: what they say together is calibrated once, from the start."""
    calibration = read_calibration(source)
    if calibration is None:
        return
    biases = np.array(list(calibration.biases.values()))
    for layer in output_layers(network):
        fold_calibration(layer, 1 / calibration.temperature, -biases * calibration.temperature)


def _joined(
    networks: Sequence[SerMobileNetForAudioClassification], sources: Sequence[Path]
) -> SerMobileNetForAudioClassification:
    """All branches behind one encoder, whose running statistics are the mean of theirs."""
    encoders = [network.encoder for network in networks]
    for encoder, source in zip(encoders[1:], sources[1:], strict=True):
        for own, first in zip(encoder.parameters(), encoders[0].parameters(), strict=True):
            if own.shape != first.shape or not torch.equal(own, first):
                raise SerError(
                    f"{source}: its encoder is not that of {sources[0]}. Train both from the same weights with "
                    "--freeze encoder."
                )
    config = networks[0].config
    config.pooled_blocks = [blocks for network in networks for blocks in network.config.pooled_blocks]
    model = SerMobileNetForAudioClassification(config)
    buffers = [dict(encoder.named_buffers()) for encoder in encoders]
    model.encoder.load_state_dict(encoders[0].state_dict())
    for name, buffer in model.encoder.named_buffers():
        if buffer.is_floating_point():
            buffer.copy_(torch.stack([own[name] for own in buffers]).mean(0))
    model.branches = torch.nn.ModuleList(branch for network in networks for branch in network.branches)
    return model
