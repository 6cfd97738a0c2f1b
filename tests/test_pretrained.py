"""Where the embedded network starts: Whisper's layers out of Smart Turn's file, thinned, and a fitted classifier."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
import torch
from recordings import at_16_khz
from safetensors.torch import load_file
from smart_turn_file import FEED_FORWARD, SHAPE, write_smart_turn
from transformers import (
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForAudioClassification,
    WhisperForConditionalGeneration,
    pipeline,
)
from whisper_file import write_whisper

from ser_demo import SerError
from ser_demo.cli import main
from ser_demo.corpora.cleaning import Clip
from ser_demo.training.architectures import new_network
from ser_demo.training.dataset import ClipDataset, Collator
from ser_demo.training.hearing import hear
from ser_demo.training.losses import masked_cross_entropy
from ser_demo.training.loud_pooling import WEIGHT, pool_loud_frames
from ser_demo.training.pretrained import read_weights, standardize, start_from_whisper
from ser_demo.training.probe import fit_classifier
from ser_demo.training.smart_turn import read_smart_turn
from ser_demo.whisper.configuration_ser_whisper import POOLING, SerWhisperConfig
from ser_demo.whisper.modeling_ser_whisper import SerWhisperForAudioClassification
from ser_demo.windows import at_level

EMOTIONS = ["happy", "sad", "angry"]


def network(feed_forward: int, **more: Any) -> SerWhisperForAudioClassification:
    config = SerWhisperConfig(**SHAPE, encoder_ffn_dim=feed_forward, num_labels=3, **more)
    return SerWhisperForAudioClassification(config)


def test_smart_turns_weights_are_whispers(tmp_path: Path) -> None:
    stored = write_smart_turn(tmp_path / "turn.onnx")
    read = read_smart_turn(tmp_path / "turn.onnx")
    assert set(read) == set(stored)
    for name, weight in stored.items():
        np.testing.assert_allclose(read[name], weight, rtol=1e-6, err_msg=name)


def test_what_is_not_smart_turns_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("nothing")
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], [])), tmp_path / "empty.onnx")
    for wrong, reason in (("missing", "cannot be read"), ("text", "no ONNX file"), ("empty", "not Smart Turn's")):
        with pytest.raises(SerError, match=f"{wrong}.onnx: .*{reason}"):
            read_smart_turn(tmp_path / f"{wrong}.onnx")


def test_whispers_file_is_read_under_the_names_of_transformers(tmp_path: Path) -> None:
    stored = write_whisper(tmp_path / "tiny.pt")
    read = read_weights(tmp_path / "tiny.pt")
    assert set(read) == set(stored)
    assert all(torch.equal(read[name], weight) for name, weight in stored.items())


def test_a_recogniser_of_words_as_on_the_hub_lends_its_encoder(corpora: Path, tmp_path: Path) -> None:
    shape = {"d_model": 16, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": FEED_FORWARD}
    decoder = {"decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 8, "vocab_size": 20}
    ids = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 3}
    words = WhisperForConditionalGeneration(WhisperConfig(**shape, **decoder, **ids)).half()
    words.save_pretrained(tmp_path / "words")
    read = read_weights(tmp_path / "words")
    for name, weight in words.model.encoder.state_dict().items():
        assert torch.equal(read[name], weight.float()), name

    (tmp_path / "small.json").write_text(json.dumps({"model_type": "ser_whisper", **SHAPE, "encoder_ffn_dim": 8}))
    command = ["finetune", "--data", str(corpora), "--model", str(tmp_path / "small.json"), "--epochs", "0"]
    assert main([*command, "--weights", str(tmp_path / "words"), "--output", str(tmp_path / "model")]) == 0
    card = (tmp_path / "model" / "README.md").read_text()
    assert "Starting weights: words (sha256 " in card and "The first layers began as those of Whisper" in card


def test_what_is_no_whisper_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("nothing")
    torch.save([1, 2], tmp_path / "list.pt")
    torch.save({"model_state_dict": {"decoder.weight": torch.ones(1)}}, tmp_path / "other.pt")
    reasons = {"missing": "cannot be read", "text": "no Whisper", "list": "no Whisper", "other": "no encoder"}
    for wrong, reason in reasons.items():
        with pytest.raises(SerError, match=f"{wrong}.pt: .*{reason}"):
            read_weights(tmp_path / f"{wrong}.pt")


def test_a_network_as_wide_gets_the_weights_as_they_are(tmp_path: Path, speech: dict[str, torch.Tensor]) -> None:
    weights, model = {}, network(FEED_FORWARD)
    for name, weight in write_smart_turn(tmp_path / "turn.onnx").items():
        weights[name] = torch.tensor(weight)
    start_from_whisper(model, weights, speech)
    for name, weight in model.encoder.named_parameters():
        assert torch.equal(weight, weights[name]), name


def stock(feed_forward: int, layers: int) -> WhisperForAudioClassification:
    shape = {**SHAPE, "encoder_layers": layers, "encoder_ffn_dim": feed_forward, "classifier_proj_size": 16}
    return WhisperForAudioClassification(WhisperConfig(**shape, max_source_positions=250)).eval()


def test_a_stock_whisper_gets_the_weights_below_a_layer_that_pools(tmp_path: Path) -> None:
    weights = {name: torch.tensor(weight) for name, weight in write_smart_turn(tmp_path / "turn.onnx").items()}
    agent, customer = at_16_khz("call_two_channels.flac")
    clips = [agent[8_000:40_000], agent[40_000:80_000], customer[95_000:120_000]]
    heard = WhisperFeatureExtractor(chunk_length=5)(clips, sampling_rate=16_000, return_tensors="pt")
    same, thin = stock(FEED_FORWARD, 3), stock(FEED_FORWARD // 2, 3)
    for model in (same, thin):
        start_from_whisper(model, weights, heard)
    for name, weight in same.encoder.state_dict().items():
        if name.startswith(("conv1.weight", "conv2", "layers.0", "layers.1")):
            assert torch.equal(weight, weights[name]), name
    with torch.no_grad():
        expected, near = (m.encoder(heard["input_features"]).last_hidden_state.mean(1) for m in (same, thin))
    assert (near - expected).norm() / expected.norm() < 0.1
    with pytest.raises(SerError, match="they lack layers"):
        start_from_whisper(stock(FEED_FORWARD, 5), weights, heard)


def test_a_stock_whisper_hears_usual_levels_as_the_weights_know_them(tmp_path: Path) -> None:
    weights = {name: torch.tensor(weight) for name, weight in write_smart_turn(tmp_path / "turn.onnx").items()}
    usual = at_level(at_16_khz("call_two_channels.flac")[0][8_000:80_000], 0, 72_000)
    extract = WhisperFeatureExtractor(chunk_length=5)
    heard, known = (
        extract([samples], sampling_rate=16_000, return_tensors="pt")["input_features"]
        for samples in (usual, usual / np.sqrt(np.mean(usual**2)))
    )
    model = stock(FEED_FORWARD, 3)
    start_from_whisper(model, weights, {"input_features": heard})
    with torch.no_grad():
        ours = model.encoder.conv1(heard)
        theirs = torch.nn.functional.conv1d(known, weights["conv1.weight"], weights["conv1.bias"], padding=1)
    torch.testing.assert_close(ours[..., 1:-1], theirs[..., 1:-1], atol=0.05, rtol=0)  # a peak may lower the level


def test_the_layer_that_pools_adds_the_mean_of_loud_frames() -> None:
    rng = torch.Generator().manual_seed(0)
    loud = torch.rand((8, 250), generator=rng) < 0.3
    x = torch.randn((8, 250, 16), generator=rng) + 3 * loud[..., None] * torch.randn(16, generator=rng)
    layer = stock(8, 1).encoder.layers[0]
    pool_loud_frames(layer, x, loud)
    with torch.no_grad():
        added, heard = layer(x, None) - x, layer.self_attn_layer_norm(x)
    wanted = torch.stack([WEIGHT * x.std() * frames[mask].mean(0) for frames, mask in zip(heard, loud, strict=True)])
    of_all = WEIGHT * x.std() * heard.mean(1)
    error = (added - wanted[:, None]).norm(dim=2)
    assert (error < 0.25 * (of_all - wanted).norm(dim=1)[:, None]).all()


def test_weights_of_another_width_and_networks_of_another_kind_are_refused(
    tmp_path: Path, speech: dict[str, torch.Tensor]
) -> None:
    weights = {name: torch.tensor(weight) for name, weight in write_smart_turn(tmp_path / "turn.onnx").items()}
    with pytest.raises(SerError, match="do not fit"):
        start_from_whisper(new_network(["happy", "sad"])[0], weights, speech)
    from transformers import HubertConfig, HubertForSequenceClassification

    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    with pytest.raises(SerError, match="hubert"):
        start_from_whisper(HubertForSequenceClassification(HubertConfig(**small)), weights, speech)


@pytest.mark.parametrize("pooling", POOLING)
def test_the_normalisation_starts_with_what_the_clips_give(speech: dict[str, torch.Tensor], pooling: str) -> None:
    model = network(FEED_FORWARD, pooling=[pooling])
    standardize(model, speech)
    with torch.no_grad():
        normalised = model.norm(model.pool(**speech))
    torch.testing.assert_close(normalised.mean(0), torch.zeros(normalised.shape[1]), atol=1e-3, rtol=0)


def test_attentive_pooling_starts_with_frames_of_mean_0_and_deviation_1(speech: dict[str, torch.Tensor]) -> None:
    model = network(FEED_FORWARD, pooling=["attention"])
    standardize(model, speech)
    given: list[torch.Tensor] = []
    model.attentive["attention"].narrow.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    with torch.no_grad():
        model.pool(**speech)
    mask = speech["attention_mask"][:, ::4] > 0  # the rate of the second layer
    frames = given[0][mask]
    torch.testing.assert_close(frames.mean(0), torch.zeros(frames.shape[1]), atol=1e-3, rtol=0)
    assert frames.std(0).median() == pytest.approx(1, abs=0.01)


def four_clips(*augmentations: str) -> ClipDataset:
    agent, customer = at_16_khz("call_two_channels.flac")
    pieces = [agent[8_000:40_000], agent[40_000:64_000], customer[95_000:120_000], customer[120_000:150_000]]
    table = pd.DataFrame({"corpus": "calls", "emotion": ["happy", "sad", "angry", "sad"], "path": "x"})
    clips = [Clip((piece * 32767).astype("int16"), 0, len(piece)) for piece in pieces]
    return ClipDataset(table, clips, EMOTIONS, augmentations)


def test_a_fitted_classifier_beats_a_random_one_and_nothing_else_changes() -> None:
    model, extractor = new_network(EMOTIONS)
    clips = four_clips()
    batch = Collator(extractor)([clips[number] for number in range(4)])

    def loss() -> torch.Tensor:
        logits = torch.tensor(hear(model, extractor, clips, lambda done, total: None))
        return masked_cross_entropy(logits, batch["labels"], batch["known"], smoothing=0.1)

    before, body = loss(), {name: value.clone() for name, value in model.encoder.state_dict().items()}
    fit_classifier(model, extractor, [clips], balance=0.5, label_smoothing=0.1, tell=lambda done, total: None)
    assert loss() < 0.8 * before
    assert all(torch.equal(value, body[name]) for name, value in model.encoder.state_dict().items())


def test_a_classifier_fitted_to_changed_clips_too_understands_them_better() -> None:
    torch.manual_seed(0)
    model, extractor = new_network(EMOTIONS)
    noisy = four_clips("noise:1")
    plain = noisy.as_they_are()

    def loss_in_noise() -> float:
        torch.manual_seed(1)  # draws the same noise again
        logits = torch.tensor(hear(model, extractor, noisy, lambda done, total: None))
        known = torch.ones_like(logits)
        return masked_cross_entropy(logits, torch.from_numpy(noisy.targets), known, smoothing=0).item()

    losses = []
    for hearings in ([plain], [plain, noisy, noisy, noisy]):
        fit_classifier(model, extractor, hearings, balance=0.5, label_smoothing=0.1, tell=lambda done, total: None)
        losses.append(loss_in_noise())
    assert losses[1] < 0.8 * losses[0]


def test_one_command_trains_a_stock_whisper_that_plain_transformers_loads(corpora: Path, tmp_path: Path) -> None:
    write_smart_turn(tmp_path / "turn.onnx")
    stock(8, 2).config.save_pretrained(tmp_path / "stock")
    command = ["finetune", "--data", str(corpora), "--model", str(tmp_path / "stock"), "--epochs", "1"]
    assert main([*command, "--weights", str(tmp_path / "turn.onnx"), "--output", str(tmp_path / "model")]) == 0
    classify = pipeline("audio-classification", model=str(tmp_path / "model"))
    assert isinstance(classify.model, WhisperForAudioClassification) and not list((tmp_path / "model").glob("*.py"))
    scores = classify(at_16_khz("call_two_channels.flac")[0][8_000:80_000], top_k=3)
    assert sum(score["score"] for score in scores) == pytest.approx(1, abs=1e-5)


def test_a_stock_whisper_goes_on_from_the_layers_of_a_checkpoint(corpora: Path, tmp_path: Path) -> None:
    trained = network(FEED_FORWARD)
    trained.save_pretrained(tmp_path / "trained")
    speakers = {"train": {"emodb": {"clips": 1, "speakers": ["03"], "genders": {"male": 1}, "languages": ["de"]}}}
    record = {"start": "turn.onnx (sha256 0)", "speakers": {**speakers, "dev": {}}}
    (tmp_path / "trained" / "training.json").write_text(json.dumps(record))
    read = read_weights(tmp_path / "trained")
    assert all(torch.equal(read[name], weight) for name, weight in trained.encoder.state_dict().items())
    (tmp_path / "nothing").mkdir()
    stock(FEED_FORWARD, 3).save_pretrained(tmp_path / "other")  # whose first biases know the level already
    for wrong, reason in (("nothing", "has no model.safetensors"), ("other", "is a WhisperForAudioClassification")):
        with pytest.raises(SerError, match=f"{wrong}: {reason}"):
            read_weights(tmp_path / wrong)

    stock(FEED_FORWARD, 3).config.save_pretrained(tmp_path / "stock")
    command = ["finetune", "--data", str(corpora), "--model", str(tmp_path / "stock"), "--epochs", "0"]
    assert main([*command, "--weights", str(tmp_path / "trained"), "--output", str(tmp_path / "model")]) == 0
    pupil = load_file(tmp_path / "model" / "model.safetensors")
    for name, weight in trained.encoder.state_dict().items():
        if name.startswith(("conv2", "layers.0", "layers.1")):
            assert torch.equal(pupil[f"encoder.{name}"], weight.half() if weight.ndim > 1 else weight), name
    told = json.loads((tmp_path / "model" / "training.json").read_text())
    assert told["start"] == "trained" and told["lineage"] == [{"of": told["start"], "commands": [], **record}]
    assert "2026, Daily" in (tmp_path / "model" / "README.md").read_text()  # whose terms go on

    (tmp_path / "trained" / "training.json").unlink()  # nobody knows then whose layers these were
    assert main([*command, "--weights", str(tmp_path / "trained"), "--output", str(tmp_path / "unknown")]) == 0
    card = (tmp_path / "unknown" / "README.md").read_text()
    assert "They began as `trained`, whose terms apply too" in card and "OpenAI" not in card


def test_one_command_trains_from_smart_turns_file(corpora: Path, tmp_path: Path) -> None:
    weights = write_smart_turn(tmp_path / "turn.onnx")
    (tmp_path / "small.json").write_text(json.dumps({"model_type": "ser_whisper", **SHAPE, "encoder_ffn_dim": 8}))
    command = ["finetune", "--data", str(corpora), "--model", str(tmp_path / "small.json"), "--epochs", "1"]
    command += ["--weights", str(tmp_path / "turn.onnx"), "--freeze", "encoder", "--output", str(tmp_path / "model")]
    assert main(command) == 0
    trained = load_file(tmp_path / "model" / "model.safetensors")
    assert torch.equal(trained["encoder.conv2.weight"], torch.tensor(weights["conv2.weight"]).half())
    moved = trained["encoder.layers.0.self_attn.q_proj.weight"] - torch.tensor(
        weights["layers.0.self_attn.q_proj.weight"]
    )
    assert moved.abs().max() < 0.1
    card = (tmp_path / "model" / "README.md").read_text()
    for needed in ("turn.onnx (sha256", "2026, Daily", "Copyright (c) 2022 OpenAI"):
        assert needed in card
