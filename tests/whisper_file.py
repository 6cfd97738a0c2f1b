"""A file as OpenAI publishes Whispers: a dictionary of half-precision tensors and the sizes of the network."""

from pathlib import Path

import torch
from smart_turn_file import FEED_FORWARD, SHAPE

LAYER = {
    "attn.query": "self_attn.q_proj",
    "attn.key": "self_attn.k_proj",
    "attn.value": "self_attn.v_proj",
    "attn.out": "self_attn.out_proj",
    "attn_ln": "self_attn_layer_norm",
    "mlp_ln": "final_layer_norm",
    "mlp.0": "fc1",
    "mlp.2": "fc2",
}


def write_whisper(path: Path) -> dict[str, torch.Tensor]:
    """Writes one of random weights, and tells its encoder's by the names of transformers' `WhisperEncoder`."""
    rng = torch.Generator().manual_seed(0)
    width = SHAPE["d_model"]
    sizes = {name: (width, width) for name in ("attn.query", "attn.key", "attn.value", "attn.out")}
    sizes |= {"attn_ln": (width,), "mlp_ln": (width,), "mlp.0": (FEED_FORWARD, width), "mlp.2": (width, FEED_FORWARD)}
    theirs, ours = {}, {}

    def add(their_name: str, our_name: str, size: tuple[int, ...]) -> None:
        value = torch.randn(size, generator=rng) / (size[-1] * (3 if len(size) == 3 else 1)) ** 0.5
        value = 1 + value if their_name.endswith("ln.weight") else value
        theirs[f"encoder.{their_name}"] = ours[our_name] = value.half()

    for name, inputs in (("conv1", 80), ("conv2", width)):
        add(f"{name}.weight", f"{name}.weight", (width, inputs, 3))
        add(f"{name}.bias", f"{name}.bias", (width,))
    for number in range(SHAPE["encoder_layers"] + 1):  # Whisper has more layers than the embedded network takes
        for name, size in sizes.items():
            add(f"blocks.{number}.{name}.weight", f"layers.{number}.{LAYER[name]}.weight", size)
            if name != "attn.key":
                add(f"blocks.{number}.{name}.bias", f"layers.{number}.{LAYER[name]}.bias", size[:1])
    states = {**theirs, "decoder.ln.weight": torch.ones(width)}
    torch.save({"dims": {"n_audio_state": width}, "model_state_dict": states}, path)
    return {name: value.float() for name, value in ours.items()}
