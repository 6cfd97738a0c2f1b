"""The embedded network: the first layers of Whisper's encoder at lower rates, pooling over time, one classifier.

What tells emotions apart in a recogniser of words is in its first layers; the deeper ones keep the words and drop the
voice. So the first ones answer alone, and after each of them every two frames become their mean, which halves the work
and costs little.

Only loud frames are pooled. How much a voice moves over time would else tell how long the pauses are and how quiet the
room is, which does not carry over from one corpus to the next. A network pools in one way or in several: statistics
look at all loud frames alike, attention learns where to look, relative attention hears but how frames differ from the
clip's mean, which takes out much of what is the voice's and the room's.

Every layer respects the attention mask, so a clip's scores do not depend on what it is batched with: before each
convolution the frames beyond a clip's end are put back to zero, which is what the convolution's own padding holds
there, no frame attends to them, and statistics over time count a clip's own frames only.

Convolutions, positions and layers, and the names of their weights, follow Whisper (Radford et al., 2022,
arXiv:2212.04356); the statistics are those of x-vectors (Snyder et al., 2018), also under attention (Okabe et al.,
2018, arXiv:1803.10963), of which there are several (India et al., 2019, arXiv:1906.09890).
"""

import math
from functools import lru_cache

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from .configuration_ser_whisper import ATTENTION_DIM, ATTENTIONS, RELATIVE_ATTENTION, STATISTICS, SerWhisperConfig

LOUD = 10**-2.5  # of the loudest frame's power: 25 dB below it


class Convolution(nn.Conv1d):
    """Three neighbouring frames become one: (batch, frames, channels) in and out, as one product of matrices.

    On a CPU this takes half the time of torch's own convolution of so few frames and so many channels.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(self.neighbours(x), self.weight.flatten(1), self.bias)

    def neighbours(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, frames out, channels * 3): what each frame that comes out is made of."""
        return nn.functional.pad(x, (0, 0, 1, 1)).unfold(1, 3, self.stride[0]).flatten(2)


class SelfAttention(nn.Module):
    """Every frame looks at all frames of its clip, in several ways at once (Vaswani et al., 2017, section 3.2)."""

    def __init__(self, config: SerWhisperConfig):
        super().__init__()
        self.heads = config.encoder_attention_heads
        inside = config.encoder_attention_heads * config.head_dim
        self.q_proj = nn.Linear(config.d_model, inside)
        self.k_proj = nn.Linear(config.d_model, inside, bias=False)
        self.v_proj = nn.Linear(config.d_model, inside)
        self.out_proj = nn.Linear(inside, config.d_model)

    def forward(self, x: torch.Tensor, attended: torch.Tensor | None) -> torch.Tensor:
        projected = (project(x) for project in (self.q_proj, self.k_proj, self.v_proj))
        queries, keys, values = (each.unflatten(2, (self.heads, -1)).transpose(1, 2) for each in projected)
        heard = nn.functional.scaled_dot_product_attention(queries, keys, values, attended)
        return self.out_proj(heard.transpose(1, 2).flatten(2))


class EncoderLayer(nn.Module):
    """A layer of Whisper's encoder: attention, then two linear layers; each hears normalised input, and adds to it."""

    def __init__(self, config: SerWhisperConfig):
        super().__init__()
        self.self_attn_layer_norm = nn.LayerNorm(config.d_model)
        self.self_attn = SelfAttention(config)
        self.final_layer_norm = nn.LayerNorm(config.d_model)
        self.fc1 = nn.Linear(config.d_model, config.encoder_ffn_dim)
        self.fc2 = nn.Linear(config.encoder_ffn_dim, config.d_model)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor, attended: torch.Tensor | None) -> torch.Tensor:
        """`attended` (batch, 1, 1, frames) is true where a frame may be looked at; None where all may."""
        x = x + self.dropout(self.self_attn(self.self_attn_layer_norm(x), attended))
        return x + self.dropout(self.fc2(nn.functional.gelu(self.fc1(self.final_layer_norm(x)))))


class Encoder(nn.Module):
    """Log-mel frames, 100 a second, to what each layer gives: the first 50 vectors a second, the next 25, and so on."""

    def __init__(self, config: SerWhisperConfig):
        super().__init__()
        self.conv1 = Convolution(config.num_mel_bins, config.conv_dim, 3)
        self.conv2 = Convolution(config.conv_dim, config.d_model, 3, stride=2)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """
        Args:
            x: (batch, frames, mel bins).
            mask: (batch, frames, 1), 1 on a clip's own frames.

        Returns:
            What each layer gives, (batch, fewer frames, d_model), with the mask that fits it.
        """
        x = nn.functional.gelu(self.conv1(x * mask))
        x = nn.functional.gelu(self.conv2(x * mask))
        mask = mask[:, ::2]
        x = x + positions(x.shape[1], x.shape[2]).to(x)
        outputs = []
        for number, layer in enumerate(self.layers):
            if number > 0:
                x, mask = mean_of_pairs(x, mask)
            attended = None if bool(mask.all()) else (mask > 0).mT[:, None]
            x = layer(x, attended)
            outputs.append((x, mask))
        return outputs


class AttentivePooling(nn.Module):
    """Mean and deviation over time of values that it makes of each frame, under weights that it makes of them too.

    Args:
        config: of the network.
        is_relative: whether frames are heard less the clip's own mean, not less that of all clips.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, config: SerWhisperConfig, is_relative: bool):
        super().__init__()
        given = config.d_model * config.encoder_layers
        self.is_relative = is_relative
        self.register_buffer("mean", torch.zeros(given))  # of all training clips' frames, as is the deviation
        self.register_buffer("deviation", torch.ones(given))
        self.narrow = nn.Linear(given, ATTENTION_DIM)
        self.weigh = nn.Linear(ATTENTION_DIM, ATTENTIONS)
        self.dropout = nn.Dropout(config.classifier_dropout)

    def forward(self, x: torch.Tensor, loud: torch.Tensor) -> torch.Tensor:
        """
        Args:
            x: (batch, frames, d_model * layers).
            loud: (batch, frames, 1), true for the frames that may be looked at.

        Returns:
            (batch, 2 * ATTENTIONS * ATTENTION_DIM).
        """
        mean = (x * loud).sum(1, keepdim=True) / loud.sum(1, keepdim=True) if self.is_relative else self.mean
        x = self.dropout(nn.functional.relu(self.narrow((x - mean) / self.deviation)))
        weights = self.weigh(x).masked_fill(~loud, -torch.inf).softmax(1).mT  # (batch, ATTENTIONS, frames)
        mean = weights @ x
        variance = (weights @ x.square() - mean.square()).clamp(min=0)
        return torch.cat([mean, (variance + 1e-5).sqrt()], dim=1).flatten(1)


class ClipNorm(nn.BatchNorm1d):
    """Batch normalisation; the last batch of an epoch may be a single clip, which the running statistics normalise."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) > 1:
            return super().forward(x)
        return nn.functional.batch_norm(x, self.running_mean, self.running_var, eps=self.eps)


class SerWhisperForAudioClassification(PreTrainedModel):
    """Emotion logits of a batch of log-mel frames."""

    config: SerWhisperConfig
    config_class = SerWhisperConfig
    main_input_name = "input_features"

    def __init__(self, config: SerWhisperConfig):
        super().__init__(config)
        self.encoder = Encoder(config)
        self.attentive = nn.ModuleDict(
            {
                name: AttentivePooling(config, name == RELATIVE_ATTENTION)
                for name in config.pooling
                if name != STATISTICS
            }
        )
        pooled = sum(config.pooled.values())
        self.norm = ClipNorm(pooled, affine=False)
        self.dropout = nn.Dropout(config.classifier_dropout)
        self.classifier = nn.Linear(pooled, len(config.id2label or {}))
        self.post_init()

    def freeze_feature_encoder(self) -> None:
        """Takes the convolutions out of training."""
        for convolution in (self.encoder.conv1, self.encoder.conv2):
            convolution.requires_grad_(False)

    def pool(self, input_features: torch.Tensor, attention_mask: torch.Tensor | None) -> torch.Tensor:
        """(batch, values): what `forward` classifies, of the same input, before it is normalised.

        They come in the order of `SerWhisperConfig.pooled`, which tells how many there are of each kind.
        """
        if attention_mask is None:
            attention_mask = input_features.new_ones(input_features.shape[:2])
        mask = attention_mask[..., None].to(input_features.dtype)
        counted, given, pooled = is_loud(input_features, mask), self.encoder(input_features, mask), []
        for x, _ in given:
            counted = sum_of_pairs(counted)
            if STATISTICS in self.config.pooling:
                pooled.append(statistics(x, counted))
        if self.attentive:
            frames, _ = at_one_rate(given)
            pooled += [pooling(frames, counted > 0) for pooling in self.attentive.values()]
        return torch.cat(pooled, dim=1)

    def forward(
        self,
        input_features: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
    ) -> SequenceClassifierOutput:
        """
        Args:
            input_features: (batch, frames, mel bins), of `SerWhisperFeatureExtractor`.
            attention_mask: (batch, frames), 1 on a clip's own frames; all frames when left out.
            labels: (batch,) class numbers; gives the cross-entropy as `loss`.

        Returns:
            `logits` of shape (batch, labels), whose softmax is the emotions' probabilities. In training those of each
            pooling come one after the other, (poolings * batch, labels), so that each learns to answer by itself.
        """
        pooled = self.norm(self.pool(input_features, attention_mask))
        if self.training:
            parts = pooled.split([*self.config.pooled.values()], 1)
            # As often as there are poolings, so that what is said of all is the mean of what is said of each.
            pooled = len(parts) * torch.block_diag(*parts)
            labels = None if labels is None else labels.repeat(len(parts))
        # To about unit length: by values of size 1, so many of them, each step of Adam would move the logits far.
        logits = self.classifier(self.dropout(pooled / pooled.shape[1] ** 0.5))
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)


def at_one_rate(given: list[tuple[torch.Tensor, torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor]:
    """What all layers give side by side, (batch, frames, d_model * layers), at the rate of the last, and its mask."""
    joined, mask = given[0]
    for x, _ in given[1:]:
        joined, mask = mean_of_pairs(joined, mask)
        joined = torch.cat([joined, x], dim=2)
    return joined, mask


def mean_of_pairs(x: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(batch, frames, channels) and its mask (batch, frames, 1) to half as many frames; a clip's odd last one stays."""
    count = sum_of_pairs(mask)
    return sum_of_pairs(x * mask) / count.clamp(min=1), count.clamp(max=1)


def sum_of_pairs(x: torch.Tensor) -> torch.Tensor:
    """(batch, frames, channels) to half as many frames; an odd last one stays."""
    return nn.functional.pad(x, (0, 0, 0, x.shape[1] % 2)).unflatten(1, (-1, 2)).sum(2)


def is_loud(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """(batch, frames, 1): 1 for a clip's own frames that are at most 25 dB below its loudest, 0 for others.

    Args:
        x: (batch, frames, mel bins), logarithms of power as of `SerWhisperFeatureExtractor`.
        mask: (batch, frames, 1), 1 on a clip's own frames.
    """
    power = torch.exp2(4 * math.log2(10) * x).sum(2, keepdim=True) * mask  # ten to the 4 x, in a fifth of the time
    return (power >= LOUD * power.amax(1, keepdim=True)) * mask


def statistics(x: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
    """(batch, frames, channels) to (batch, 2 * channels): mean and deviation over time.

    `counted` (batch, frames, 1) is how much each frame counts.
    """
    count = counted.sum(1)
    mean = (x * counted).sum(1) / count
    variance = ((x - mean[:, None]).square() * counted).sum(1) / count
    return torch.cat([mean, (variance + 1e-5).sqrt()], dim=1)


@lru_cache(maxsize=8)  # windows of one length follow one another
def positions(frames: int, channels: int) -> torch.Tensor:
    """(frames, channels): the sinusoids by which Whisper tells frames apart (Vaswani et al., 2017, section 3.5)."""
    wavelengths = torch.exp(-math.log(10_000) / (channels // 2 - 1) * torch.arange(channels // 2))
    angles = torch.arange(frames)[:, None] * wavelengths
    return torch.cat([angles.sin(), angles.cos()], dim=1)
