"""A file as Smart Turn's is: an ONNX graph of a small Whisper encoder, its weights in eight bits."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

PREFIX = "inner.encoder."
SHAPE = {"d_model": 16, "encoder_layers": 2, "encoder_attention_heads": 2}  # of the network that it fits
FEED_FORWARD = 24


def write_smart_turn(path: Path) -> dict[str, np.ndarray]:
    """Writes one of random weights, and tells them by the names of transformers' `WhisperEncoder`."""
    graph = _Graph()
    width = SHAPE["d_model"]
    graph.convolve("conv1", width, 80)
    graph.convolve("conv2", width, width)
    for number in range(SHAPE["encoder_layers"] + 1):  # Smart Turn has more layers than the embedded network takes
        layer = f"layers.{number}"
        graph.store(f"{layer}.self_attn_layer_norm.weight", np.ones(width, np.float32))
        graph.store(f"{layer}.self_attn_layer_norm.bias", np.zeros(width, np.float32))
        graph.multiply(f"{layer}.self_attn.k_proj", width, width, has_bias=False)
        for name in ("q_proj", "v_proj", "out_proj"):
            graph.multiply(f"{layer}.self_attn.{name}", width, width)
        graph.store(f"{layer}.final_layer_norm.weight", np.ones(width, np.float32))
        graph.store(f"{layer}.final_layer_norm.bias", np.zeros(width, np.float32))
        graph.multiply(f"{layer}.fc1", width, FEED_FORWARD)
        graph.multiply(f"{layer}.fc2", FEED_FORWARD, width)
    onnx.save(helper.make_model(helper.make_graph(graph.nodes, "turn", [], [], graph.stored)), path)
    return graph.weights


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.stored: list[TensorProto] = []
        self.weights: dict[str, np.ndarray] = {}
        self._rng = np.random.default_rng(0)

    def store(self, name: str, value: np.ndarray) -> str:
        self.stored.append(numpy_helper.from_array(value, PREFIX + name))
        self.weights[name] = value
        return PREFIX + name

    def convolve(self, name: str, outputs: int, inputs: int) -> None:
        weight = self._quantized(f"{PREFIX}{name}.weight", (outputs, inputs, 3), axis=0)
        bias = self._quantized(f"{PREFIX}{name}.bias", (outputs,), axis=0)
        self.weights[f"{name}.weight"], self.weights[f"{name}.bias"] = weight, bias
        names = [f"{PREFIX}{name}.{part}_dequantized" for part in ("weight", "bias")]
        self.nodes.append(helper.make_node("Conv", ["x", *names], [f"{name}_output"]))

    def multiply(self, name: str, inputs: int, outputs: int, has_bias: bool = True) -> None:
        """A product with a weight that only a number names, rounded, and a bias that has its name."""
        number = f"val_{len(self.nodes)}"
        self.weights[f"{name}.weight"] = self._quantized(number, (inputs, outputs), axis=1).T
        self.nodes.append(helper.make_node("MatMul", ["x", f"{number}_dequantized"], [f"{number}_output"]))
        self.nodes.append(helper.make_node("QuantizeLinear", [f"{number}_output", "s"], [f"{number}_rounded"]))
        self.nodes.append(helper.make_node("DequantizeLinear", [f"{number}_rounded", "s"], [f"{number}_back"]))
        if has_bias:
            bias = self.store(f"{name}.bias", self._rng.normal(size=outputs).astype(np.float32))
            self.nodes.append(helper.make_node("Add", [f"{number}_back", bias], [f"{number}_sum"]))
        else:
            self.nodes.append(helper.make_node("Reshape", [f"{number}_back", "shape"], [f"{number}_heads"]))

    def _quantized(self, name: str, shape: tuple[int, ...], axis: int) -> np.ndarray:
        """Stores whole numbers and a scale for each channel, and tells their products."""
        whole = self._rng.integers(-127, 128, shape).astype(np.int8)
        scale = self._rng.uniform(0.001, 0.002, shape[axis]).astype(np.float32)
        self.stored.append(numpy_helper.from_array(whole, f"{name}_quantized"))
        self.stored.append(numpy_helper.from_array(scale, f"{name}_scale"))
        inputs, output = [f"{name}_quantized", f"{name}_scale"], [f"{name}_dequantized"]
        self.nodes.append(helper.make_node("DequantizeLinear", inputs, output, axis=axis))
        return whole * scale.reshape([-1 if each == axis else 1 for each in range(len(shape))])
