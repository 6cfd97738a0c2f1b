"""Any Hugging Face audio-classification checkpoint answers in our form, or says why it cannot."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from recordings import CALL
from transformers import AutoModelForAudioClassification

from ser_demo import EmotionRecognizer, SerError
from ser_demo.classifier import Classifier, ModelError
from ser_demo.cli import main
from ser_demo.errors import SettingsError
from ser_demo.settings import Settings


def tiny_wav2vec2(folder: Path, labels: list[str], **options: object) -> str:
    """A wav2vec 2.0 of random weights that classifies into `labels`."""
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForSequenceClassification

    torch.manual_seed(0)
    config = Wav2Vec2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, conv_dim=(8, 8),
        conv_stride=(20, 16), conv_kernel=(20, 16), num_feat_extract_layers=2, num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2, classifier_proj_size=8, id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)}, **options,
    )  # fmt: skip
    Wav2Vec2ForSequenceClassification(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(folder)
    return str(folder)


def test_its_labels_are_mapped_where_known_and_kept_where_not(tmp_path: Path) -> None:
    result = EmotionRecognizer(tiny_wav2vec2(tmp_path / "other", ["HAP", "ang", "LABEL_3", "contempt"])).recognize(CALL)
    assert set(result.channels[0].scores) == {"happy", "angry", "LABEL_3", "contempt"}
    assert sum(result.channels[0].scores.values()) == pytest.approx(1, abs=1e-5)
    assert result.model.name == "other" and result.model.version.startswith("local-")
    basic = result.to_dict("basic")["channels"][0]["scores"]
    assert {entry["emotion"] for entry in basic} == {"HAPPY", "NEUTRAL", "SAD", "ANGRY"}


def test_speech_without_any_basic_emotion_is_not_taken_for_too_little(tmp_path: Path, capsys) -> None:
    model = tiny_wav2vec2(tmp_path / "other", ["LABEL_0", "contempt"])
    (channel, _) = EmotionRecognizer(model).recognize(CALL).to_dict("basic")["channels"]
    assert channel["scores"] == [] and "ask for all emotions" in channel["warnings"][0]
    assert main(["recognize", str(CALL), "--model", model, "--emotions", "basic"]) == 0
    printed = capsys.readouterr().out
    assert "channel 0: no basic emotion, " in printed and "ask for all emotions" in printed
    assert "not enough speech" not in printed


def test_a_multi_label_checkpoint_gives_scores_that_sum_to_one(tmp_path: Path) -> None:
    model = tiny_wav2vec2(tmp_path / "multi", ["sad", "happy"], problem_type="multi_label_classification")
    assert sum(EmotionRecognizer(model).recognize(CALL).channels[1].scores.values()) == pytest.approx(1, abs=1e-5)


def test_padding_never_changes_its_scores(tmp_path: Path) -> None:
    """A network without an attention mask would hear the padding of a batch."""
    classifier = Classifier(tiny_wav2vec2(tmp_path / "other", ["sad", "happy"]), "cpu")
    rng = np.random.default_rng(0)
    windows = [rng.standard_normal(n).astype(np.float32) for n in (16_000, 48_000, 16_000, 20_000)]
    together = classifier.classify(windows)
    for window, scores in zip(windows, together, strict=True):
        assert scores == pytest.approx(classifier.classify([window])[0], abs=1e-5)


def test_weights_of_half_precision_are_computed_with_in_full_on_a_cpu(tmp_path: Path) -> None:
    """CPUs are slow at halves, and lose more than the rounding of the weights."""
    full = Path(tiny_wav2vec2(tmp_path / "full", ["sad", "happy"]))
    half = tmp_path / "half"
    network = AutoModelForAudioClassification.from_pretrained(full).half()
    shutil.copytree(full, half)
    network.save_pretrained(half)
    network.float().save_pretrained(full)  # the same rounded weights
    window = np.random.default_rng(0).standard_normal(48_000).astype(np.float32)
    assert Classifier(str(half), "cpu").classify([window]) == Classifier(str(full), "cpu").classify([window])


def test_the_environment_chooses_the_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_MODEL", tiny_wav2vec2(tmp_path / "chosen", ["sad", "happy"]))
    assert EmotionRecognizer().recognize(CALL).model.name == "chosen"


def test_a_folder_that_is_called_by_dots_has_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Path(tiny_wav2vec2(tmp_path / "mine", ["hap", "ang"]))
    (model / "inner").mkdir()
    for place, dots in ((model, "."), (model, "./"), (model / "inner", "..")):
        monkeypatch.chdir(place)
        assert EmotionRecognizer(dots).model.name == "mine"


def test_a_file_of_a_checkpoint_is_refused_for_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_wav2vec2(tmp_path / "mine", ["hap", "ang"])
    monkeypatch.chdir(tmp_path)
    for file in ("config.json", "model.safetensors"):
        with pytest.raises(ModelError, match=rf"^the model '{file}' is a file\. Name its folder\.$"):
            EmotionRecognizer(f"mine/{file}")


@pytest.mark.parametrize("name", ["a" * 300, f"./{'a' * 300}", f"me/{'a' * 300}"])
def test_a_name_that_no_file_could_have_is_said_without_a_trace(name: str) -> None:
    with pytest.raises(ModelError, match=r"^the model '.*aaa'"):
        EmotionRecognizer(name)


def test_a_missing_checkpoint_is_said_without_a_trace(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no-such-model.*no such folder"):
        EmotionRecognizer(str(tmp_path / "no-such-model"))
    assert issubclass(ModelError, SerError)


def damage(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"half of what there was" * 9)


def lose(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def garble(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def mistype(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "hidden_size": "16"}))


def list_labels(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "id2label": ["sad", "happy"]}))


@pytest.mark.parametrize("spoil", [damage, lose, garble, mistype, list_labels])
def test_a_broken_checkpoint_is_said_without_its_folder(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    folder = Path(tiny_wav2vec2(tmp_path / "secret" / "mine", ["sad", "happy"]))
    spoil(folder)
    with pytest.raises(ModelError, match="the model 'mine' cannot be loaded") as raised:
        EmotionRecognizer(str(folder))
    assert "secret" not in str(raised.value) and "<class" not in str(raised.value) and ":." not in str(raised.value)


def test_labels_that_are_numbers_are_names_too(tmp_path: Path) -> None:
    folder = Path(tiny_wav2vec2(tmp_path / "other", ["sad", "happy"]))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "id2label": {"0": 1, "1": 2}}))
    recognizer = EmotionRecognizer(folder)
    assert recognizer.labels == ["1", "2"]
    assert set(recognizer.recognize(CALL).channels[1].scores) == {"1", "2"}


def test_two_checkpoints_in_folders_of_one_name_have_two_versions(tmp_path: Path) -> None:
    one, same, other = (tmp_path / parent / "mine" for parent in ("one", "same", "other"))
    tiny_wav2vec2(one, ["sad", "happy"])
    shutil.copytree(one, same)
    tiny_wav2vec2(other, ["sad", "angry"])
    first, again, second = (EmotionRecognizer(str(folder)).model for folder in (one, same, other))
    assert first == again != second and first.name == second.name == "mine"


def test_a_folder_may_be_given_as_a_path(tmp_path: Path) -> None:
    folder = tiny_wav2vec2(tmp_path / "other", ["sad", "happy"])
    assert EmotionRecognizer(Path(folder)).model == EmotionRecognizer(folder).model


def test_a_training_that_diverged_is_not_taken_for_silence(tmp_path: Path) -> None:
    folder = tiny_wav2vec2(tmp_path / "other", ["sad", "happy"])
    network = AutoModelForAudioClassification.from_pretrained(folder)
    network.classifier.bias.data[0] = float("nan")
    network.save_pretrained(folder)
    with pytest.raises(ModelError, match="'other' gives no numbers"):
        EmotionRecognizer(folder).recognize(CALL)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device")
def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match=r"SER_DEVICE: 'cuda' is not allowed.*auto or"):
        EmotionRecognizer(settings=Settings(device="cuda"))


def test_a_regression_checkpoint_is_refused(tmp_path: Path) -> None:
    model = tiny_wav2vec2(tmp_path / "valence", ["valence", "arousal"], problem_type="regression")
    with pytest.raises(ModelError, match="valence"):
        EmotionRecognizer(model)
