"""The shape of the embedded network: a MobileNetV3-Large of adjustable width over log-mel frames."""

from typing import Any

from transformers import PreTrainedConfig


class SerMobileNetConfig(PreTrainedConfig):
    """Configuration of `SerMobileNetForAudioClassification`.

    The body is MobileNetV3-Large (Howard et al., 2019, table 1) with one input channel, as EfficientAT
    (Schmid et al., 2023) trains it on AudioSet. The defaults are its smallest published width, 0.4.

    Args:
        width: multiplies every channel count of MobileNetV3-Large.
        num_mel_bands: height of the input; must be what the feature extractor gives.
        dropout: probability of dropping a value of the pooled vector, in training.
    """

    model_type = "ser_mobilenet"

    def __init__(self, width: float = 0.4, num_mel_bands: int = 102, dropout: float = 0.3, **kwargs: Any):
        self.width = width
        self.num_mel_bands = num_mel_bands
        self.dropout = dropout
        super().__init__(**kwargs)
