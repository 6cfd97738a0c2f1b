"""Whisper's layers made narrower without training, and wide again for a stock Whisper."""

from pathlib import Path

import pytest
import torch
from smart_turn_file import FEED_FORWARD, SHAPE
from whisper_file import write_whisper

from ser_demo.training.pretrained import start_from_whisper
from ser_demo.training.slimming import widen
from ser_demo.whisper.configuration_ser_whisper import SerWhisperConfig
from ser_demo.whisper.modeling_ser_whisper import Encoder, SerWhisperForAudioClassification

WIDE = {**SHAPE, "encoder_ffn_dim": FEED_FORWARD, "num_labels": 3}


def started(weights: dict[str, torch.Tensor], speech: dict[str, torch.Tensor], **sizes: int) -> torch.Tensor:
    """What a network of these sizes gives, that starts from the weights."""
    model = SerWhisperForAudioClassification(SerWhisperConfig(**{**WIDE, **sizes})).eval()
    start_from_whisper(model, weights, speech)
    with torch.no_grad():
        return torch.cat([x[mask[..., 0] > 0] for x, mask in layers_of(model.encoder, speech)])


def layers_of(encoder: Encoder, speech: dict[str, torch.Tensor]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    return encoder(speech["input_features"], speech["attention_mask"][..., None].float())


@pytest.mark.parametrize(
    ("part", "sizes"), [("head_dim", (7, 4, 1)), ("conv_dim", (15, 12, 4)), ("encoder_ffn_dim", (22, 12, 2))]
)
def test_the_narrower_a_part_the_farther_from_what_the_whole_gives(
    part: str, sizes: tuple[int, ...], tmp_path: Path, speech: dict[str, torch.Tensor]
) -> None:
    weights = write_whisper(tmp_path / "tiny.pt")
    whole = started(weights, speech)
    spread = (whole - whole.mean(0)).norm()
    errors = [float((started(weights, speech, **{part: size}) - whole).norm() / spread) for size in sizes]
    assert errors == sorted(errors) and errors[0] < 0.15 and errors[2] > 3 * errors[0], errors


def test_heads_that_compare_little_lose_nothing(tmp_path: Path, speech: dict[str, torch.Tensor]) -> None:
    weights = write_whisper(tmp_path / "tiny.pt")
    for number in range(3):
        for name in ("q_proj", "v_proj"):
            for kind in ("weight", "bias"):
                of_heads = weights[f"layers.{number}.self_attn.{name}.{kind}"].unflatten(0, (2, 8))
                of_heads[:, 3:] = of_heads[:, :1]  # three directions, the first of them six times
    expected, given = started(weights, speech), started(weights, speech, head_dim=3)
    torch.testing.assert_close(given, expected, atol=2e-4, rtol=0)


def test_a_narrow_checkpoint_is_as_good_as_wide(tmp_path: Path, speech: dict[str, torch.Tensor]) -> None:
    weights = write_whisper(tmp_path / "tiny.pt")
    narrow = SerWhisperForAudioClassification(SerWhisperConfig(**WIDE, head_dim=5, conv_dim=12)).eval()
    start_from_whisper(narrow, weights, speech)
    wide = Encoder(SerWhisperConfig(**WIDE)).eval()
    wide.load_state_dict(widen(narrow.encoder.state_dict(), SHAPE["d_model"], SHAPE["encoder_attention_heads"]))
    with torch.no_grad():
        for (given, _), (expected, _) in zip(layers_of(wide, speech), layers_of(narrow.encoder, speech), strict=True):
            torch.testing.assert_close(given, expected, atol=1e-5, rtol=1e-4)
