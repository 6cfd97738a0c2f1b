"""The shape of the embedded network: the first layers of Whisper's encoder over log-mel frames."""

from collections.abc import Sequence
from typing import Any

from transformers import PreTrainedConfig

STATISTICS, ATTENTION, RELATIVE_ATTENTION = POOLING = ("statistics", "attention", "relative_attention")
ATTENTION_DIM = 128  # values that an attentive pooling makes of each frame
ATTENTIONS = 4  # that weigh them, each in its own way


class SerWhisperConfig(PreTrainedConfig):
    """Configuration of `SerWhisperForAudioClassification`.

    Names and meanings of the sizes are those of `WhisperConfig`; the defaults are the first three of the four layers of
    Whisper tiny (Radford et al., 2022, arXiv:2212.04356), with half of its values in their feed-forward parts.

    Args:
        num_mel_bins: height of the input; must be what the feature extractor gives.
        d_model: values per frame inside.
        conv_dim: values per frame between the two convolutions; as many as inside when left out.
        encoder_layers: how many of Whisper's layers.
        encoder_attention_heads: of each layer.
        head_dim: values by which each head compares frames, and which it hears of them; `d_model` shared by the heads
            when left out, as in Whisper.
        encoder_ffn_dim: values per frame in the middle of each layer's feed-forward part.
        pooling: what of the frames over time the classifier hears: some of POOLING.
        dropout: probability of dropping what a part of a layer adds, in training.
        classifier_dropout: probability of dropping a value of the pooled vector, in training.

    Raises:
        ValueError: a pooling that is not known, or none.
    """

    model_type = "ser_whisper"

    def __init__(
        self,
        num_mel_bins: int = 80,
        d_model: int = 384,
        conv_dim: int | None = None,
        encoder_layers: int = 3,
        encoder_attention_heads: int = 6,
        head_dim: int | None = None,
        encoder_ffn_dim: int = 768,
        pooling: Sequence[str] = (STATISTICS,),
        dropout: float = 0.0,
        classifier_dropout: float = 0.3,
        **kwargs: Any,
    ):
        self.num_mel_bins = num_mel_bins
        self.d_model = d_model
        self.conv_dim = conv_dim or d_model
        self.encoder_layers = encoder_layers
        self.encoder_attention_heads = encoder_attention_heads
        self.head_dim = head_dim or d_model // encoder_attention_heads
        self.encoder_ffn_dim = encoder_ffn_dim
        if not pooling or not set(pooling) <= set(POOLING):
            raise ValueError(f"pooling is some of {', '.join(POOLING)}, not {', '.join(pooling) or 'empty'}")
        self.pooling = [name for name in POOLING if name in pooling]
        self.dropout = dropout
        self.classifier_dropout = classifier_dropout
        super().__init__(**kwargs)

    @property
    def pooled(self) -> dict[str, int]:
        """How many values each pooling gives of a clip, in the order in which they are classified."""
        of_layers = 2 * self.d_model * self.encoder_layers
        return {name: of_layers if name == STATISTICS else 2 * ATTENTIONS * ATTENTION_DIM for name in self.pooling}
