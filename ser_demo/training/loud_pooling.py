"""A last layer for a stock Whisper that answers with what its loud frames say, as the embedded network's statistics do.

transformers' `WhisperForAudioClassification` takes the mean of all frames, of silence and padding too. A layer's own
attention can do better: here every frame begins by looking at the loud frames alone.
"""

import torch
from transformers.models.whisper.modeling_whisper import WhisperEncoderLayer

SHARPNESS = 4.0  # of the attention to loud frames over others, as a logarithm
WEIGHT = 3.0  # of what a frame hears of them beside what it was itself
RIDGE = 1e-3


@torch.no_grad()
def pool_loud_frames(layer: WhisperEncoderLayer, x: torch.Tensor, loud: torch.Tensor) -> None:
    """Lets the attention of `layer` add the mean of the loud frames to every frame, and nothing else be added.

    Where loud frames are is a linear function of the layer's input, found by least squares, in which loud and other
    frames count alike: so all loud frames are looked at about equally.

    Args:
        layer: its weights are changed.
        x: (clips, frames, channels) what it hears of some clips.
        loud: (clips, frames) which of these frames are loud.
    """
    heard = layer.self_attn_layer_norm(x)
    attention = layer.self_attn
    for part in (attention.q_proj, attention.k_proj, attention.v_proj, attention.out_proj, layer.fc2):
        part.weight.zero_()
        if part.bias is not None:
            part.bias.zero_()
    first = slice(None, None, attention.head_dim)  # channel of each head
    attention.q_proj.bias[first] = SHARPNESS / attention.scaling
    attention.k_proj.weight[first] = _direction(heard.flatten(0, 1), loud.flatten())
    attention.v_proj.weight.copy_(torch.eye(x.shape[2]))
    attention.out_proj.weight.copy_(WEIGHT * x.std() * torch.eye(x.shape[2]))


def _direction(frames: torch.Tensor, loud: torch.Tensor) -> torch.Tensor:
    """(channels,): the linear function of frames (n, channels) that best tells `loud` (n,), up to a constant."""
    counts = torch.where(loud, 0.5 / loud.sum(), 0.5 / (~loud).sum())[:, None]
    moving = frames - (frames * counts).sum(0)
    products = moving.T @ (moving * counts) + RIDGE * torch.eye(frames.shape[1])
    return torch.linalg.solve(products, moving.T @ (counts[:, 0] * (loud.float() - 0.5)))
