"""The embedded network: MobileNetV3-Large over log-mel frames, branching after its first blocks, one logit per emotion.

The branches, which were trained apart, answer together: the logits are the mean of theirs.

Every layer respects the attention mask, so a clip's scores do not depend on what it is batched with: before each
convolution the frames beyond a clip's end are put back to zero, which is what the convolution's own padding holds
there, and averages over time count a clip's own frames only.

Body and names of the weights follow EfficientAT (Schmid et al., 2023, arXiv:2211.04772), whose AudioSet weights this
network is started from; the squeeze-excitation and the inverted residual are those of MobileNetV3 (arXiv:1905.02244).
"""

import math
from collections.abc import Sequence

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from .configuration_ser_mobilenet import SerMobileNetConfig

NORM_EPS = 1e-3
NORM_MOMENTUM = 0.01
POOLED_FEATURES = 128
ENCODER_BLOCKS = 3  # edges and onsets, which AudioSet teaches as well as speech does

# MobileNetV3-Large, table 1: kernel, expanded channels, output channels, squeeze-excitation, hard-swish, stride
BLOCKS = [
    (3, 16, 16, False, False, 1),
    (3, 64, 24, False, False, 2),
    (3, 72, 24, False, False, 1),
    (5, 72, 40, True, False, 2),
    (5, 120, 40, True, False, 1),
    (5, 120, 40, True, False, 1),
    (3, 240, 80, False, True, 2),
    (3, 200, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 480, 112, True, True, 1),
    (3, 672, 112, True, True, 1),
    (5, 672, 160, True, True, 2),
    (5, 960, 160, True, True, 1),
    (5, 960, 160, True, True, 1),
]


def round_channels(channels: float) -> int:
    """The multiple of 8 nearest to `channels`, never more than a tenth below it (MobileNet's rule)."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


class ConvNorm(nn.Sequential):
    """Convolution, batch normalisation, activation; frames beyond each clip's end are zeroed on the way in."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, groups: int, activation: nn.Module | None):
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        layers: list[nn.Module] = [conv, nn.BatchNorm2d(outputs, NORM_EPS, NORM_MOMENTUM)]
        super().__init__(*layers, *([activation] if activation is not None else []))
        self.kernel = kernel

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        # A 1x1 convolution looks at no neighbour, so only wider kernels can see beyond the end.
        return super().forward(x * mask if self.kernel > 1 else x)


class SqueezeExcitation(nn.Module):
    """Scales the channels by a gate computed from their mean over the clip's own frames and all frequencies."""

    def __init__(self, channels: int):
        super().__init__()
        squeezed = round_channels(channels / 4)
        self.fc1 = nn.Linear(channels, squeezed)
        self.fc2 = nn.Linear(squeezed, channels)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        mean = (x * mask).sum((2, 3)) / (mask.sum((2, 3)) * x.shape[2])
        gate = torch.sigmoid(self.fc2(torch.relu(self.fc1(mean))))
        return x * gate[:, :, None, None]


class InvertedResidual(nn.Module):
    """Expand by 1x1, filter each channel by itself, squeeze-excite, project by 1x1; add the input where it fits."""

    def __init__(
        self, inputs: int, kernel: int, expanded: int, outputs: int, excite: bool, hard_swish: bool, stride: int
    ):
        super().__init__()
        activation = nn.Hardswish if hard_swish else nn.ReLU
        layers: list[nn.Module] = []
        if expanded != inputs:
            layers.append(ConvNorm(inputs, expanded, 1, 1, 1, activation()))
        layers.append(ConvNorm(expanded, expanded, kernel, stride, expanded, activation()))
        if excite:
            layers.append(SqueezeExcitation(expanded))
        layers.append(ConvNorm(expanded, outputs, 1, 1, 1, None))
        self.layers = nn.ModuleList(layers)
        self.stride = stride
        self.has_shortcut = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = x
        after = mask[..., :: self.stride]
        for layer in self.layers:
            y = layer(y, mask)
            if y.shape[-1] != mask.shape[-1]:
                mask = after
        return (x + y if self.has_shortcut else y), mask


class AttentionPooling(nn.Module):
    """(batch, channels, frames) to (batch, 2 * channels): the mean over time and an attention-weighted mean."""

    def __init__(self, channels: int):
        super().__init__()
        self.attention = nn.Sequential(nn.Conv1d(channels, 64, 1), nn.Tanh(), nn.Conv1d(64, 1, 1))

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        mean = (x * mask).sum(-1) / mask.sum(-1)
        weight = self.attention(x).masked_fill(mask == 0, float("-inf")).softmax(-1)
        return torch.cat([mean, (x * weight).sum(-1)], dim=1)


class StatisticsPooling(nn.Module):
    """(batch, channels, rows, frames) to (batch, 2 * features): mean and deviation over time of learned features.

    Every row, that is every band of frequencies, has weights of its own: where in the spectrum something happens is
    kept, which the deeper layers, averaged over frequency, lose (x-vectors, Snyder et al., 2018, pool their frames so).
    """

    def __init__(self, channels: int, rows: int, features: int):
        super().__init__()
        layers = nn.Conv1d(channels * rows, features, 1), nn.BatchNorm1d(features), nn.ReLU()
        self.features = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        x = self.features(x.flatten(1, 2))
        count = mask.sum(-1)
        mean = (x * mask).sum(-1) / count
        variance = ((x - mean[..., None]).square() * mask).sum(-1) / count
        return torch.cat([mean, (variance + 1e-5).sqrt()], dim=1)


class Encoder(nn.Module):
    """What all branches share: (batch, 1, mel bands, frames) to (batch, channels, a quarter of both)."""

    def __init__(self, width: float):
        super().__init__()
        self.stem = ConvNorm(1, round_channels(16 * width), 3, 2, 1, nn.Hardswish())
        self.blocks = _blocks(width, 0, ENCODER_BLOCKS)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        # Channels last: the convolutions of few channels then train 1.6 times as fast on a CPU.
        x = self.stem(x, mask).contiguous(memory_format=torch.channels_last)
        mask = mask[..., ::2]
        for block in self.blocks:
            x, mask = block(x, mask)
        return x, mask


class Branch(nn.Module):
    """What the encoder gives to logits of shape (batch, labels), by blocks, poolings and a classifier of its own.

    Args:
        config: of the network.
        pooled_blocks: the blocks after which `StatisticsPooling` listens in, counted from the first of the encoder;
            without any, the branch hears what its last block gives and no more.
    """

    def __init__(self, config: SerMobileNetConfig, pooled_blocks: Sequence[int]):
        super().__init__()
        self.blocks = _blocks(config.width, ENCODER_BLOCKS, len(BLOCKS))
        self.scales = nn.ModuleDict()
        rows = math.ceil(config.num_mel_bands / 2)
        for number, (*_, outputs, _, _, stride) in enumerate(BLOCKS):
            channels, rows = round_channels(outputs * config.width), math.ceil(rows / stride)
            if number in pooled_blocks:
                self.scales[str(number)] = StatisticsPooling(channels, rows, POOLED_FEATURES)
        self.last = ConvNorm(channels, 6 * channels, 1, 1, 1, nn.Hardswish())
        self.pooling = AttentionPooling(6 * channels)
        self.dropout = nn.Dropout(config.dropout)
        pooled = 12 * channels + 2 * POOLED_FEATURES * len(self.scales)
        self.classifier = nn.Linear(pooled, len(config.id2label or {}))

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        pooled = []
        for number in range(ENCODER_BLOCKS - 1, len(BLOCKS)):
            if number >= ENCODER_BLOCKS:
                x, mask = self.blocks[number - ENCODER_BLOCKS](x, mask)
            if str(number) in self.scales:
                pooled.append(self.scales[str(number)](x, mask[:, 0]))
        x = self.last(x, mask).mean(2)  # over frequency: (batch, channels, frames)
        return self.classifier(self.dropout(torch.cat([self.pooling(x, mask[:, 0]), *pooled], dim=1)))


class SerMobileNetForAudioClassification(PreTrainedModel):
    """Emotion logits of a batch of log-mel frames."""

    config: SerMobileNetConfig
    config_class = SerMobileNetConfig
    main_input_name = "input_features"

    def __init__(self, config: SerMobileNetConfig):
        super().__init__(config)
        self.encoder = Encoder(config.width)
        self.branches = nn.ModuleList(Branch(config, pooled_blocks) for pooled_blocks in config.pooled_blocks)
        self.post_init()

    def freeze_feature_encoder(self) -> None:
        """Takes the encoder out of training, which a step spends two fifths of its time on."""
        self.encoder.requires_grad_(False)

    def forward(
        self,
        input_features: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
    ) -> SequenceClassifierOutput:
        """
        Args:
            input_features: (batch, frames, mel bands), of `SerMobileNetFeatureExtractor`.
            attention_mask: (batch, frames), 1 on a clip's own frames; all frames when left out.
            labels: (batch,) class numbers; gives the cross-entropy as `loss`.

        Returns:
            `logits` of shape (batch, labels), whose softmax is the emotions' probabilities.
        """
        if attention_mask is None:
            attention_mask = input_features.new_ones(input_features.shape[:2])
        mask = attention_mask[:, None, None, :].to(input_features.dtype)
        x, mask = self.encoder(input_features.transpose(1, 2)[:, None], mask)
        logits = torch.stack([branch(x, mask) for branch in self.branches]).mean(0)
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)


def _blocks(width: float, first: int, end: int) -> nn.ModuleList:
    """The blocks `first` to `end` of the table."""
    blocks = nn.ModuleList()
    channels = round_channels((BLOCKS[first - 1][2] if first else 16) * width)
    for kernel, expanded, outputs, excite, hard_swish, stride in BLOCKS[first:end]:
        wide, out = round_channels(expanded * width), round_channels(outputs * width)
        blocks.append(InvertedResidual(channels, kernel, wide, out, excite, hard_swish, stride))
        channels = out
    return blocks
