"""The shape of the embedded network: a MobileNetV3-Large of adjustable width over log-mel frames."""

from collections.abc import Sequence
from typing import Any

from transformers import PreTrainedConfig

SCALES = (2, 5, 11, 14)  # the last of 26, of 13, of 7 and of 4 rows of frequencies


class SerMobileNetConfig(PreTrainedConfig):
    """Configuration of `SerMobileNetForAudioClassification`.

    The body is MobileNetV3-Large (Howard et al., 2019, table 1) with one input channel, as EfficientAT
    (Schmid et al., 2023) trains it on AudioSet. The defaults are its smallest published width, 0.4.

    Args:
        width: multiplies every channel count of MobileNetV3-Large.
        num_mel_bands: height of the input; must be what the feature extractor gives.
        pooled_blocks: for each branch, after which blocks it pools statistics of each band of frequencies.
        dropout: probability of dropping a value of the pooled vector, in training.
    """

    model_type = "ser_mobilenet"

    def __init__(
        self,
        width: float = 0.4,
        num_mel_bands: int = 102,
        pooled_blocks: Sequence[Sequence[int]] = (SCALES,),
        dropout: float = 0.3,
        **kwargs: Any,
    ):
        self.width = width
        self.num_mel_bands = num_mel_bands
        self.pooled_blocks = [list(blocks) for blocks in pooled_blocks]
        self.dropout = dropout
        super().__init__(**kwargs)
