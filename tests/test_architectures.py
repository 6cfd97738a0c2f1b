"""Any audio-classification architecture: one step of training, saved, loaded again, recognising."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from recordings import at_16_khz
from transformers import (
    ASTConfig,
    HubertConfig,
    PretrainedConfig,
    Wav2Vec2BertConfig,
    Wav2Vec2Config,
    WavLMConfig,
    WhisperConfig,
)

from ser_demo import EmotionRecognizer, SerError
from ser_demo.corpora.cleaning import Clip
from ser_demo.training.architectures import freeze, load_network, new_network, output_layer
from ser_demo.training.augmentation import AUGMENTATIONS
from ser_demo.training.dataset import ClipDataset, Collator
from ser_demo.training.losses import masked_cross_entropy
from ser_demo.whisper.configuration_ser_whisper import POOLING, SerWhisperConfig
from ser_demo.whisper.modeling_ser_whisper import SerWhisperForAudioClassification

LABELS = ["happy", "sad", "angry"]
SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
CONVOLUTIONAL = {
    **SMALL, "conv_dim": (8,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2,
    "classifier_proj_size": 16,
}  # fmt: skip
ONE_SIDED = {"d_model": 16, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 16}
CONFIGURATIONS: dict[str, PretrainedConfig] = {
    "wav2vec2": Wav2Vec2Config(**CONVOLUTIONAL),
    "hubert": HubertConfig(**CONVOLUTIONAL),
    "wavlm": WavLMConfig(**CONVOLUTIONAL),
    "whisper": WhisperConfig(**ONE_SIDED, decoder_layers=1, classifier_proj_size=16, max_source_positions=300),
    "ast": ASTConfig(**SMALL, max_length=128),
    "wav2vec2-bert": Wav2Vec2BertConfig(**SMALL, classifier_proj_size=16),
}


def clips(labels: list[str]) -> ClipDataset:
    """Four clips of the example call, of two speakers, augmented in every way."""
    agent, customer = at_16_khz("call_two_channels.flac")
    pieces = [agent[8_000:40_000], agent[40_000:64_000], customer[95_000:120_000], customer[120_000:150_000]]
    samples = [Clip((piece * 32767).astype("int16"), 0, len(piece)) for piece in pieces]
    columns = {"corpus": "calls", "speaker": [*"aabb"], "path": [*"wxyz"]}
    table = pd.DataFrame({**columns, "emotion": ["happy", "sad", "angry", "sad"]})
    return ClipDataset(table, samples, labels, AUGMENTATIONS)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_architecture_trains_is_saved_and_recognises(name: str, tmp_path: Path) -> None:
    CONFIGURATIONS[name].save_pretrained(tmp_path / "configuration")
    torch.manual_seed(0)
    model, extractor, is_new = load_network(str(tmp_path / "configuration"), LABELS)
    assert is_new
    dataset = clips(LABELS)
    batch = Collator(extractor, AUGMENTATIONS)([dataset[index] for index in range(4)])
    labels, known = batch.pop("labels"), batch.pop("known")
    before = output_layer(model).weight.clone()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    model.train()
    loss = masked_cross_entropy(model(**batch).logits, labels, known, smoothing=0.1)
    loss.backward()
    optimizer.step()
    assert torch.isfinite(loss) and not torch.equal(before, output_layer(model).weight)

    model.save_pretrained(tmp_path / "model")
    extractor.save_pretrained(tmp_path / "model")
    again, _, is_new = load_network(str(tmp_path / "model"), LABELS)
    assert not is_new
    torch.testing.assert_close(output_layer(again).weight, output_layer(model).weight)
    agent = at_16_khz("call_two_channels.flac")[0]
    recognizer = EmotionRecognizer(str(tmp_path / "model"))
    scores = recognizer.recognize((agent, 16_000)).channels[0].scores
    assert set(scores) == set(LABELS) and sum(scores.values()) == pytest.approx(1, abs=1e-4)
    quieter = recognizer.recognize((agent / 2, 16_000)).channels[0].scores
    assert quieter == pytest.approx(scores, abs=1e-6)  # though Whisper and AST hear how loud a window is


def test_a_classifier_of_other_labels_is_not_kept(tmp_path: Path) -> None:
    model, extractor = new_network(LABELS)
    model.save_pretrained(tmp_path)
    extractor.save_pretrained(tmp_path)
    same, _, is_new = load_network(str(tmp_path), LABELS)
    assert not is_new and torch.equal(same.classifier.weight, model.classifier.weight)
    reordered, _, is_new = load_network(str(tmp_path), ["sad", "happy", "angry"])
    assert is_new and not torch.equal(reordered.classifier.weight, model.classifier.weight)
    assert torch.equal(reordered.encoder.conv1.weight, model.encoder.conv1.weight)
    more, _, is_new = load_network(str(tmp_path), [*LABELS, "bored"])
    assert is_new and more.classifier.out_features == 4
    assert more.config.id2label == {0: "happy", 1: "sad", 2: "angry", 3: "bored"}


def test_a_checkpoint_of_half_precision_trains_in_full(tmp_path: Path) -> None:
    CONFIGURATIONS["whisper"].save_pretrained(tmp_path / "configuration")
    model, extractor, _ = load_network(str(tmp_path / "configuration"), LABELS)
    model.half().save_pretrained(tmp_path / "half")
    extractor.save_pretrained(tmp_path / "half")
    again, extractor, _ = load_network(str(tmp_path / "half"), LABELS)
    batch = Collator(extractor)([clips(LABELS)[0]])
    again(batch["input_features"]).logits.sum().backward()
    assert output_layer(again).weight.grad is not None and output_layer(again).weight.dtype == torch.float32


def test_the_body_or_its_feature_encoder_can_be_frozen(tmp_path: Path) -> None:
    embedded, _ = new_network(LABELS)
    freeze(embedded, "body")
    assert {name for name, part in embedded.named_parameters() if part.requires_grad} == {
        "classifier.weight", "classifier.bias"
    }  # fmt: skip
    attentive = SerWhisperForAudioClassification(SerWhisperConfig(pooling=POOLING))
    freeze(attentive, "body")
    parts = {name.split(".")[0] for name, part in attentive.named_parameters() if part.requires_grad}
    assert parts == {"attentive", "classifier"}
    embedded, _ = new_network(LABELS)
    freeze(embedded, "encoder")
    assert {name.split(".")[1] for name, part in embedded.named_parameters() if not part.requires_grad} == {
        "conv1", "conv2"
    }  # fmt: skip
    CONFIGURATIONS["ast"].save_pretrained(tmp_path / "ast")
    with pytest.raises(SerError, match="no feature encoder"):
        freeze(load_network(str(tmp_path / "ast"), LABELS)[0], "encoder")
    CONFIGURATIONS["wav2vec2"].save_pretrained(tmp_path)
    model, _, _ = load_network(str(tmp_path), LABELS)
    freeze(model, "encoder")
    assert not any(parameter.requires_grad for parameter in model.wav2vec2.feature_extractor.parameters())
    assert all(parameter.requires_grad for parameter in model.wav2vec2.encoder.parameters())
    freeze(model, "body")
    parts = {name.split(".")[0] for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert parts == {"projector", "classifier"}


@pytest.mark.parametrize("start", ["nobody/nothing", "empty", "text"])
def test_what_is_no_model_is_named(start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(SerError, match=start):
        load_network(start, LABELS)
