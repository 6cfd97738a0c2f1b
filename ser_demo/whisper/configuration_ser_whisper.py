"""The shape of the embedded network: the first layers of Whisper's encoder over log-mel frames."""

from typing import Any

from transformers import PreTrainedConfig


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
        dropout: probability of dropping what a part of a layer adds, in training.
        classifier_dropout: probability of dropping a value of the pooled vector, in training.
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
        self.dropout = dropout
        self.classifier_dropout = classifier_dropout
        super().__init__(**kwargs)
