"""Where networks start: the first layers of Whisper's encoder, narrower where the network is."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from transformers import PreTrainedModel, WhisperForAudioClassification
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from ser_demo.errors import SerError
from ser_demo.training.lineage import shown_path
from ser_demo.training.loud_pooling import pool_loud_frames
from ser_demo.training.openai_whisper import read_openai_whisper
from ser_demo.training.slimming import thin_convolutions, thin_feed_forward, thin_heads, widen
from ser_demo.training.smart_turn import read_smart_turn
from ser_demo.whisper.configuration_ser_whisper import SerWhisperConfig
from ser_demo.whisper.modeling_ser_whisper import (
    AttentivePooling,
    Encoder,
    SerWhisperForAudioClassification,
    at_one_rate,
    is_loud,
    sum_of_pairs,
)
from ser_demo.windows import LEVEL

WEIGHTS = "model.safetensors"
OF_WORDS = ("WhisperForConditionalGeneration", "WhisperModel")
# Not a classifier on a stock Whisper, which hears levels otherwise: `_hear_as_if_levelled`.
READABLE = ("SerWhisperForAudioClassification", *OF_WORDS)


def read_weights(source: Path) -> dict[str, torch.Tensor]:
    """The encoder out of OpenAI's file of a Whisper (.pt), Smart Turn's (.onnx) or a checkpoint's folder.

    Args:
        source: the file, or a checkpoint like the embedded one, or a recogniser of words as openai/whisper-tiny.

    Returns:
        Its tensors under the names that transformers' `WhisperEncoder` gives them.

    Raises:
        SerError: there is no such encoder.
    """
    if source.suffix == ".onnx":
        return read_smart_turn(source)
    if not source.is_dir():
        return read_openai_whisper(source)
    kind = _kind(source)
    if kind not in READABLE:
        raise SerError(
            f"{source}: is a {kind}. --weights takes the layers of one like ser_demo/checkpoint or openai/whisper-tiny."
        )
    try:
        weights = load_file(source / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise _unreadable(source) from error
    named = {name.removeprefix("model."): value.float() for name, value in weights.items()}
    return {name.removeprefix("encoder."): value for name, value in named.items() if name.startswith("encoder.")}


def describe_weights(source: Path) -> str:
    """What training.json calls the file or folder that `read_weights` has read.

    A Whisper as it was published by its name and its hash, whose terms cards know; any other folder by `shown_path`.
    """
    if source.is_dir() and _kind(source) not in OF_WORDS:
        return shown_path(str(source))
    file = source / WEIGHTS if source.is_dir() else source
    return f"{source.name} (sha256 {hashlib.sha256(file.read_bytes()).hexdigest()})"


def _kind(folder: Path) -> str:
    """The architecture of the checkpoint in a folder."""
    try:
        return json.loads((folder / "config.json").read_text(encoding="utf-8"))["architectures"][0]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise _unreadable(folder) from error


def _unreadable(folder: Path) -> SerError:
    return SerError(f"{folder}: has no {WEIGHTS} and config.json that can be read.")


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
    check_startable(model)
    if isinstance(model, SerWhisperForAudioClassification):
        _start_embedded(model, weights, speech)
    elif isinstance(model, WhisperForAudioClassification):
        _start_stock(model, weights, speech["input_features"])


def check_startable(model: PreTrainedModel) -> None:
    """Whether weights of Whisper fit the architecture of `model` at all.

    Raises:
        SerError: they do not.
    """
    if not isinstance(model, SerWhisperForAudioClassification | WhisperForAudioClassification):
        raise SerError(f"weights of Whisper cannot start a {model.config.model_type}: leave --weights out.")


def _start_embedded(
    model: SerWhisperForAudioClassification, weights: Mapping[str, torch.Tensor], speech: Mapping[str, torch.Tensor]
) -> None:
    wanted = model.config
    heads = wanted.encoder_attention_heads
    of_weights = {
        "conv_dim": len(weights["conv1.bias"]),
        "head_dim": len(weights["layers.0.self_attn.q_proj.bias"]) // heads,
        "encoder_ffn_dim": len(weights["layers.0.fc1.bias"]),
    }
    config = SerWhisperConfig(**{**wanted.to_dict(), **of_weights})
    whole = Encoder(config).eval()
    _fill(whole, weights, len(whole.layers))
    features, mask = speech["input_features"], speech["attention_mask"][..., None].float()

    def hear() -> list[torch.Tensor]:
        return [of_layer for _, of_layer in whole(features, mask)]

    layers = list(whole.layers)
    if wanted.encoder_ffn_dim < config.encoder_ffn_dim:
        thin_feed_forward(layers, wanted.encoder_ffn_dim, hear)
    if wanted.head_dim < config.head_dim:
        thin_heads(layers, wanted.head_dim, hear)
    if wanted.conv_dim < config.conv_dim:
        thin_convolutions(whole, wanted.conv_dim, features, mask)
    _fill(model.encoder, whole.state_dict(), len(layers))


@torch.no_grad()
def _start_stock(
    model: WhisperForAudioClassification, weights: Mapping[str, torch.Tensor], features: torch.Tensor
) -> None:
    weights = widen(weights, model.config.d_model, model.config.encoder_attention_heads)
    config = type(model.config)(**{**model.config.to_dict(), "encoder_ffn_dim": len(weights["layers.0.fc1.bias"])})
    whole, layers = WhisperEncoder(config).eval(), config.encoder_layers - 1
    _fill(whole, weights, layers)
    _hear_as_if_levelled(whole.conv1)
    loud = sum_of_pairs(is_loud(features.mT, torch.ones_like(features[:, :1].mT))).clamp(max=1)

    def hear() -> list[torch.Tensor]:
        whole(features)
        return [loud] * len(whole.layers)

    if model.config.encoder_ffn_dim < config.encoder_ffn_dim:
        thin_feed_forward(whole.layers, model.config.encoder_ffn_dim, hear)
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
    """Tells the normalisations after the layers and before the classifier what these clips are like there."""
    mask = speech["attention_mask"][..., None].float()
    frames, mask = at_one_rate(model.eval().encoder(speech["input_features"], mask))
    own = frames[mask[..., 0] > 0]
    for pooling in model.attentive.values():
        assert isinstance(pooling, AttentivePooling)
        pooling.mean, pooling.deviation = own.mean(0), own.std(0).clamp(min=1e-3)
    pooled = model.pool(**speech)
    model.norm.running_mean, model.norm.running_var = pooled.mean(0), pooled.var(0, correction=0)
