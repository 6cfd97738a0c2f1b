"""Where networks start: the first layers of Whisper's encoder, their feed-forward parts thinned.

Of the 1,536 values in the middle of each feed-forward part, those stay that move most on speech, and its last matrix is
solved anew by least squares, so that it gives what it gave (as Luo et al., 2017, arXiv:1707.06342, thin convolutions).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from transformers import PreTrainedModel, WhisperForAudioClassification
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from ser_demo.errors import SerError
from ser_demo.training.loud_pooling import pool_loud_frames
from ser_demo.training.openai_whisper import read_openai_whisper
from ser_demo.training.smart_turn import read_smart_turn
from ser_demo.whisper.configuration_ser_whisper import SerWhisperConfig
from ser_demo.whisper.modeling_ser_whisper import Encoder, SerWhisperForAudioClassification, is_loud, sum_of_pairs
from ser_demo.windows import LEVEL

RIDGE = 1e-3  # of the mean square of the values that stay; keeps the solution small where they say the same


def read_weights(source: Path) -> dict[str, torch.Tensor]:
    """The encoder out of OpenAI's file of a Whisper (.pt), Smart Turn's (.onnx) or a checkpoint like the embedded one.

    Returns:
        Its tensors under the names that transformers' `WhisperEncoder` gives them.

    Raises:
        SerError: there is no such encoder.
    """
    if source.suffix == ".onnx":
        return read_smart_turn(source)
    if not source.is_dir():
        return read_openai_whisper(source)
    try:
        weights = load_file(source / "model.safetensors")
        kind = json.loads((source / "config.json").read_text(encoding="utf-8"))["model_type"]
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise SerError(f"{source}: has no model.safetensors and config.json that can be read.") from error
    if kind != SerWhisperConfig.model_type:
        raise SerError(f"{source}: is a {kind}. --weights takes the layers of one like ser_demo/checkpoint.")
    return {name.removeprefix("encoder."): value for name, value in weights.items() if name.startswith("encoder.")}


def start_from_whisper(
    model: PreTrainedModel, weights: Mapping[str, torch.Tensor], speech: Mapping[str, torch.Tensor]
) -> None:
    """Puts the weights of a Whisper encoder into the convolutions and layers of `model`.

    Args:
        model: of the embedded architecture, as wide as the Whisper and at most as deep, or transformers' own classifier
            on Whisper's encoder, whose last layer then pools loud frames instead of being one of the weights'.
        weights: by the names of transformers' `WhisperEncoder`.
        speech: what the network hears of some clips, by which values that hardly move are found.

    Raises:
        SerError: `model` is of another architecture, or wider or deeper than the weights.
    """
    if isinstance(model, SerWhisperForAudioClassification):
        _start_embedded(model, weights, speech)
    elif isinstance(model, WhisperForAudioClassification):
        _start_stock(model, weights, speech["input_features"])
    else:
        raise SerError(f"weights of Whisper cannot start a {model.config.model_type}: leave --weights out.")


def _start_embedded(
    model: SerWhisperForAudioClassification, weights: Mapping[str, torch.Tensor], speech: Mapping[str, torch.Tensor]
) -> None:
    config = SerWhisperConfig(**_as_thick(model, weights))
    whole = Encoder(config).eval()
    _fill(whole, weights, len(whole.layers))

    def hear() -> list[torch.Tensor]:
        return [mask for _, mask in whole(speech["input_features"], speech["attention_mask"][..., None].float())]

    if model.config.encoder_ffn_dim < config.encoder_ffn_dim:
        _thin(list(whole.layers), model.config.encoder_ffn_dim, hear)
    model.encoder.load_state_dict(whole.state_dict())


@torch.no_grad()
def _start_stock(
    model: WhisperForAudioClassification, weights: Mapping[str, torch.Tensor], features: torch.Tensor
) -> None:
    config = type(model.config)(**_as_thick(model, weights))
    whole, layers = WhisperEncoder(config).eval(), config.encoder_layers - 1
    _fill(whole, weights, layers)
    _hear_as_if_levelled(whole.conv1)
    loud = sum_of_pairs(is_loud(features.mT, torch.ones_like(features[:, :1].mT))).clamp(max=1)

    def hear() -> list[torch.Tensor]:
        whole(features)
        return [loud] * len(whole.layers)

    if model.config.encoder_ffn_dim < config.encoder_ffn_dim:
        _thin(list(whole.layers), model.config.encoder_ffn_dim, hear)
    below = whole(features, output_hidden_states=True).hidden_states[layers]
    pool_loud_frames(whole.layers[-1], below, loud[..., 0] > 0)
    model.encoder.load_state_dict(whole.state_dict())
    if model.projector.weight.shape == (config.d_model, config.d_model):
        nn.init.eye_(model.projector.weight)
        nn.init.zeros_(model.projector.bias)


def _hear_as_if_levelled(convolution: nn.Conv1d) -> None:
    """Adds to the biases what features grow by from `windows.LEVEL` to a mean square of 1, which the weights know.

    Whisper's own extractor leaves levels as they are, and a factor before its logarithm is a sum after it.
    """
    louder = -LEVEL / 10 / 4  # powers of ten, of which a feature holds a quarter
    convolution.bias.add_(louder * convolution.weight.sum((1, 2)))  # type: ignore[union-attr]


def _as_thick(model: PreTrainedModel, weights: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """The configuration of `model` with as many values in the feed-forward parts as the weights have."""
    return {**model.config.to_dict(), "encoder_ffn_dim": len(weights["layers.0.fc1.bias"])}


def _fill(encoder: nn.Module, weights: Mapping[str, torch.Tensor], layers: int) -> None:
    """Puts the convolutions and so many layers of the weights into `encoder`."""
    names = [
        name for name in encoder.state_dict() if name.startswith(("conv", *(f"layers.{n}." for n in range(layers))))
    ]
    try:
        missing = encoder.load_state_dict({name: weights[name] for name in names if name in weights}, strict=False)
    except RuntimeError as error:
        raise SerError(f"these weights do not fit the network: {str(error).splitlines()[-1].strip()}") from error
    if lacking := set(names) & set(missing.missing_keys):
        raise SerError(f"these weights do not fit the network: they lack {min(lacking)}.")


@torch.no_grad()
def standardize(model: SerWhisperForAudioClassification, speech: Mapping[str, torch.Tensor]) -> None:
    """Tells the normalisation before the classifier what comes out of the layers for these clips."""
    pooled = model.eval().pool(**speech)
    model.norm.running_mean, model.norm.running_var = pooled.mean(0), pooled.var(0, correction=0)


@torch.no_grad()
def _thin(layers: Sequence[Any], size: int, hear: Callable[[], list[torch.Tensor]]) -> None:
    """Leaves `size` values in the middle of the feed-forward part of each layer.

    `hear` lets the network hear some clips and tells for each layer, (clips, frames, 1), which frames count: above 0.
    """
    middles: list[torch.Tensor] = []
    hooks = [layer.fc2.register_forward_pre_hook(lambda _, given: middles.append(given[0])) for layer in layers]
    masks = hear()
    for hook in hooks:
        hook.remove()
    for layer, middle, mask in zip(layers, middles, masks, strict=True):
        values = middle[mask[..., 0] > 0]  # (frames of all clips, values)
        kept = (values.std(0) * layer.fc2.weight.norm(dim=0)).topk(size).indices.sort().values
        given = nn.functional.linear(values, layer.fc2.weight)
        mean, mean_given = values[:, kept].mean(0), given.mean(0)
        moving = values[:, kept] - mean
        products = moving.T @ moving
        products += RIDGE * products.diagonal().mean() * torch.eye(size)
        solved = torch.linalg.solve(products, moving.T @ (given - mean_given)).T  # (d_model, size)
        first = layer.fc1
        layer.fc1 = nn.Linear(first.in_features, size)
        layer.fc1.weight.copy_(first.weight[kept])
        layer.fc1.bias.copy_(first.bias[kept])
        bias = layer.fc2.bias + mean_given - solved @ mean
        layer.fc2 = nn.Linear(size, first.in_features)
        layer.fc2.weight.copy_(solved)
        layer.fc2.bias.copy_(bias)
