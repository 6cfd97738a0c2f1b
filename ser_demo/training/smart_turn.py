"""Whisper's encoder out of the file of Smart Turn, a model that tells whether a speaker has come to an end.

Smart Turn v3 (BSD 2-Clause, Copyright (c) 2024-2026, Daily) is the encoder of Whisper tiny (MIT, Copyright (c) 2022
OpenAI), trained further on turns of 23 languages. pipecat-ai carries it as an ONNX graph of eight-bit weights.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from ser_demo.errors import SerError

PREFIX = "inner.encoder."


def read_smart_turn(path: Path) -> dict[str, torch.Tensor]:
    """The float32 tensors of the encoder, under the names that transformers' `WhisperEncoder` gives them.

    Raises:
        SerError: the file is missing, is no such graph, or the package onnx is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise SerError("reading Smart Turn's weights takes the package onnx: pip install onnx") from error
    try:
        graph = onnx.load(path).graph
    except OSError as error:
        raise SerError(f"{path}: cannot be read ({error.strerror}). Give Smart Turn's ONNX file.") from error
    except Exception as error:  # protobuf raises whatever its parser stumbles over
        raise SerError(f"{path}: is no ONNX file. Give Smart Turn's, smart-turn-v3.2-cpu.onnx.") from error
    try:
        weights = _encoder_weights(graph, {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer})
    except KeyError as error:
        raise SerError(f"{path}: is an ONNX file, but not Smart Turn's: it lacks {error.args[0]}.") from error
    return {name: torch.tensor(value) for name, value in weights.items()}


def _encoder_weights(graph: Any, stored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The graph names biases after what they belong to, but weights by numbers: their use tells which is which."""
    constants = {
        node.output[0]: node for node in graph.node if node.op_type == "DequantizeLinear" and node.input[0] in stored
    }
    users = {name: node for node in graph.node for name in node.input}
    weights = {name.removeprefix(PREFIX): stored[name] for name in stored if name.startswith(f"{PREFIX}layers.")}
    layer = 0
    for node in graph.node:
        if node.op_type == "Conv":
            name = node.input[1].removeprefix(PREFIX).split(".")[0]
            weights[f"{name}.weight"], weights[f"{name}.bias"] = (
                _dequantize(constants[each], stored) for each in node.input[1:]
            )
        elif node.op_type == "MatMul" and node.input[1] in constants:
            weight = _dequantize(constants[node.input[1]], stored).T
            bias = _added_bias(node, users)
            if bias is not None:
                weights[bias.removeprefix(PREFIX).replace(".bias", ".weight")] = weight
            elif weight.shape[0] == weight.shape[1]:  # keys alone have no bias; they come once in each layer
                weights[f"layers.{layer}.self_attn.k_proj.weight"] = weight
                layer += 1
    if not {"conv1.weight", "conv2.weight", "layers.0.fc1.weight", "layers.0.self_attn.k_proj.weight"} <= set(weights):
        raise KeyError("Whisper's encoder")
    return weights


def _dequantize(node: Any, stored: dict[str, np.ndarray]) -> np.ndarray:
    """Whole numbers times the scale of their channel; zero points are zero where weights are concerned."""
    whole, scale = stored[node.input[0]].astype(np.float32), stored[node.input[1]]
    axis = next((each.i for each in node.attribute if each.name == "axis"), 0) if whole.ndim > 1 else 0
    if scale.ndim == 0:
        return whole * scale
    return whole * scale.reshape([-1 if number == axis else 1 for number in range(whole.ndim)])


def _added_bias(node: Any, users: dict[str, Any]) -> str | None:
    """The name of the bias that is added to what `node` gives, None where there is none."""
    user = users[node.output[0]]
    while user.op_type in ("QuantizeLinear", "DequantizeLinear"):
        user = users[user.output[0]]
    return next((name for name in user.input if name.startswith(PREFIX)), None) if user.op_type == "Add" else None
