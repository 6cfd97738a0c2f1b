"""The starting point of the embedded network: EfficientAT's MobileNet, trained on AudioSet.

Weights MIT, Copyright (c) 2022 Florian Schmid (Schmid et al., 2023, arXiv:2211.04772).
"""

from pathlib import Path

import torch
from transformers import PreTrainedModel

from ser_demo.errors import SerError
from ser_demo.mobilenet.modeling_ser_mobilenet import Branch, SerMobileNetForAudioClassification


def load_audioset_weights(model: PreTrainedModel, path: Path) -> None:
    """Puts the convolutional body of an EfficientAT file into `model`; its AudioSet classifier is left out.

    Both networks list the same layers in the same order, so the tensors are paired by position. Every branch gets them.

    Raises:
        SerError: the file is missing, is no weights file, or belongs to a network of another shape.
    """
    if not isinstance(model, SerMobileNetForAudioClassification):
        raise SerError(f"{path}: weights of the embedded architecture cannot start a {model.config.model_type}.")
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        source = [tensor for name, tensor in saved.items() if name.startswith("features.")]
    except OSError as error:
        raise SerError(f"{path}: cannot be read ({error.strerror}). Give an EfficientAT weights file.") from error
    except Exception as error:  # torch raises whatever its unpickler stumbles over
        raise SerError(f"{path}: is not a PyTorch weights file. Give an EfficientAT weights file.") from error
    for branch in model.branches:
        assert isinstance(branch, Branch)
        parts = (model.encoder, branch.blocks, branch.last)
        target = [tensor for part in parts for tensor in part.state_dict().values()]
        if [t.shape for t in source] != [t.shape for t in target]:
            raise SerError(f"{path}: these weights do not fit a MobileNet of width {model.config.width}.")
        for own, pretrained in zip(target, source, strict=True):
            own.copy_(pretrained)  # state_dict tensors share the parameters' memory
