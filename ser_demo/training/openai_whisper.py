"""Whisper's encoder out of a file that OpenAI publishes, as tiny.en.pt (MIT, Copyright (c) 2022 OpenAI)."""

import pickle
from pathlib import Path

import torch

from ser_demo.errors import SerError

PREFIX = "encoder."
WANTED = "a file such as tiny.en.pt, Smart Turn's .onnx, or a checkpoint's folder"
# What transformers' `WhisperEncoder` calls the parts of a layer that OpenAI calls otherwise.
NAMES = {
    "blocks.": "layers.",
    "attn_ln.": "self_attn_layer_norm.",
    "attn.query.": "self_attn.q_proj.",
    "attn.key.": "self_attn.k_proj.",
    "attn.value.": "self_attn.v_proj.",
    "attn.out.": "self_attn.out_proj.",
    "mlp_ln.": "final_layer_norm.",
    "mlp.0.": "fc1.",
    "mlp.2.": "fc2.",
}


def read_openai_whisper(path: Path) -> dict[str, torch.Tensor]:
    """The float32 tensors of the encoder, under the names that transformers' `WhisperEncoder` gives them.

    Raises:
        SerError: the file is missing or is no such file.
    """
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)["model_state_dict"]
        encoder = {name.removeprefix(PREFIX): weights[name].float() for name in weights if name.startswith(PREFIX)}
    except OSError as error:
        raise SerError(f"{path}: cannot be read ({error.strerror}). Give {WANTED}.") from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, LookupError, TypeError, AttributeError) as error:
        raise SerError(f"{path}: is no Whisper as OpenAI publishes them. Give {WANTED}.") from error
    if "blocks.0.attn.query.weight" not in encoder:
        raise SerError(f"{path}: holds no encoder of Whisper's. Give {WANTED}.")
    return {_renamed(name): value for name, value in encoder.items()}


def _renamed(name: str) -> str:
    for theirs, ours in NAMES.items():
        name = name.replace(theirs, ours)
    return name
