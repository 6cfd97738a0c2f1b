"""The network that is trained: ours or any audio-classification architecture of transformers, and its extractor."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soxr
import torch
from transformers import (
    ASTFeatureExtractor,
    AutoConfig,
    AutoFeatureExtractor,
    AutoModelForAudioClassification,
    PretrainedConfig,
    PreTrainedModel,
    SeamlessM4TFeatureExtractor,
    SequenceFeatureExtractor,
    Wav2Vec2FeatureExtractor,
    WhisperFeatureExtractor,
)

from ser_demo.errors import SerError, first_line
from ser_demo.labels import canonical_labels
from ser_demo.speech import SAMPLE_RATE
from ser_demo.whisper.configuration_ser_whisper import SerWhisperConfig
from ser_demo.whisper.feature_extraction_ser_whisper import SerWhisperFeatureExtractor
from ser_demo.whisper.modeling_ser_whisper import SerWhisperForAudioClassification

WEIGHT_FILES = ("*.safetensors", "*.bin", "*.safetensors.index.json", "*.bin.index.json")
# What the architectures call the layers after the body.
HEAD = ("classifier", "attentive", "projector", "layer_weights")


def new_network(labels: Sequence[str]) -> tuple[SerWhisperForAudioClassification, SerWhisperFeatureExtractor]:
    """The embedded architecture with random weights."""
    config = SerWhisperConfig(**_label_names(labels))
    return SerWhisperForAudioClassification(config), SerWhisperFeatureExtractor()


def load_network(
    start: str, labels: Sequence[str], with_weights: bool = True
) -> tuple[PreTrainedModel, SequenceFeatureExtractor, bool]:
    """A float32 network that answers with `labels`, its extractor, and whether its classifier is new.

    Args:
        start: Hub id or folder of a checkpoint; a folder or .json file with nothing but a configuration gives random
            weights.
        labels: the emotions to learn. A checkpoint that says them in the same order keeps its classifier.
        with_weights: whether a checkpoint's weights count, or only its shape.

    Raises:
        SerError: there is no such checkpoint, or it is not for audio classification.
    """
    try:
        config = AutoConfig.from_pretrained(start)
        said = canonical_labels([config.id2label[i] for i in range(config.num_labels)])
        is_new = said != list(labels)
        config.update(_label_names(labels))
        if with_weights and _has_weights(start):
            model = AutoModelForAudioClassification.from_pretrained(
                start, config=config, ignore_mismatched_sizes=True, trust_remote_code=False, dtype=torch.float32
            )
        else:
            model = AutoModelForAudioClassification.from_config(config, trust_remote_code=False, dtype=torch.float32)
            is_new = True
        extractor = _load_extractor(start, config)
    except Exception as error:  # whatever transformers stumbles over in somebody's files
        raise SerError(f"{start}: cannot be trained as an audio-classification model ({first_line(error)})") from error
    if is_new:
        # A classifier of the same size but with other labels would be kept, and be wrong.
        output_layer(model).reset_parameters()
    return model, extractor, is_new


def output_layer(model: torch.nn.Module) -> torch.nn.Linear:
    """The linear layer whose outputs are the logits."""
    return [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)][-1]


def freeze(model: PreTrainedModel, part: str) -> None:
    """Takes a part of the network out of training.

    Args:
        part: one of `options.FROZEN`: "encoder" is the convolutional feature encoder of wav2vec 2.0, HuBERT and WavLM
            and the convolutions of the embedded network, "body" everything but the head.

    Raises:
        SerError: the architecture has no such part.
    """
    if part == "encoder":
        if not hasattr(model, "freeze_feature_encoder"):
            raise SerError(f"{model.config.model_type} has no feature encoder of its own: freeze the body instead.")
        model.freeze_feature_encoder()  # type: ignore[operator]
    if part == "body":
        for name, parameter in model.named_parameters():
            parameter.requires_grad = not set(name.split(".")).isdisjoint(HEAD)


def extract_features(extractor: SequenceFeatureExtractor, waveforms: Sequence[np.ndarray]) -> dict[str, torch.Tensor]:
    """The tensors that a network takes for (n,) float32 waveforms at 16 kHz, padded to one length."""
    rate = extractor.sampling_rate
    if rate != SAMPLE_RATE:
        waveforms = [soxr.resample(waveform, SAMPLE_RATE, rate) for waveform in waveforms]
    # Whisper's network takes one length only, which its extractor pads to by itself.
    padding = {} if isinstance(extractor, WhisperFeatureExtractor) else {"padding": True}
    return dict(extractor(list(waveforms), sampling_rate=rate, return_tensors="pt", **padding))  # type: ignore[operator]


def spectrograms(extractor: SequenceFeatureExtractor, batch: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """Each clip's own (frames, bands) in a batch, as views into it; nothing where the network reads waveforms."""
    features = batch[extractor.model_input_names[0]]  # type: ignore[attr-defined]
    if features.ndim < 3:
        return []
    if isinstance(extractor, WhisperFeatureExtractor):  # (bands, frames)
        features = features.mT
    if "attention_mask" not in batch:
        return list(features)
    lengths = batch["attention_mask"].sum(1).tolist()
    return [clip[:length] for clip, length in zip(features, lengths, strict=True)]


def _label_names(labels: Sequence[str]) -> dict:
    return {"id2label": dict(enumerate(labels)), "label2id": {label: index for index, label in enumerate(labels)}}


def _has_weights(start: str) -> bool:
    path = Path(start)
    return not path.exists() or (path.is_dir() and any(any(path.glob(pattern)) for pattern in WEIGHT_FILES))


def _load_extractor(start: str, config: PretrainedConfig) -> SequenceFeatureExtractor:
    path = Path(start)
    if path.is_file() or (path.is_dir() and not (path / "preprocessor_config.json").exists()):
        return _extractor_for(config)
    return AutoFeatureExtractor.from_pretrained(start, trust_remote_code=False)


def _extractor_for(config: PretrainedConfig) -> SequenceFeatureExtractor:
    """The extractor that fits a bare configuration."""
    match config.model_type:
        case "ser_whisper":
            return SerWhisperFeatureExtractor()
        case "whisper":
            seconds = 2 * config.max_source_positions // 100  # two frames of 10 ms per position
            return WhisperFeatureExtractor(feature_size=config.num_mel_bins, chunk_length=seconds)
        case "audio-spectrogram-transformer":
            return ASTFeatureExtractor(max_length=config.max_length, num_mel_bins=config.num_mel_bins)
        case "wav2vec2-bert":
            return SeamlessM4TFeatureExtractor(
                feature_size=config.feature_projection_input_dim // 2,
                num_mel_bins=config.feature_projection_input_dim // 2,
            )
        case _:
            return Wav2Vec2FeatureExtractor(return_attention_mask=getattr(config, "feat_extract_norm", "") == "layer")
