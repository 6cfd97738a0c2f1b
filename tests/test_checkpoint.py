"""The checkpoints that come along: complete, small, loadable by anyone's transformers, with and without SER Demo."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from recordings import EXAMPLES, at_16_khz

import ser_demo
from ser_demo import EmotionRecognizer
from ser_demo.classifier import Classifier
from ser_demo.labels import EMOTIONS
from ser_demo.models import Models
from ser_demo.publishing.card import write_card
from ser_demo.settings import EMBEDDED, Settings
from ser_demo.training.architectures import load_network, new_network

ROOT = EXAMPLES.parent
CODE = Path(ser_demo.__file__).parent / "whisper"
STOCK = EMBEDDED.parent / "stock-whisper"  # of an architecture that transformers brings along


def test_it_is_complete_and_small() -> None:
    files = {path.name for path in EMBEDDED.iterdir()}
    assert {"config.json", "model.safetensors", "preprocessor_config.json", "README.md", "evaluation.json"} <= files
    assert sum(path.stat().st_size for path in EMBEDDED.iterdir() if path.is_file()) < 40e6


@pytest.mark.parametrize(("folder", "name"), [(EMBEDDED, "ser-demo-whisper"), (STOCK, "stock-whisper")])
def test_its_card_is_what_its_records_say(folder: Path, name: str, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / name)
    write_card(tmp_path / name)
    assert (tmp_path / name / "README.md").read_text() == (folder / "README.md").read_text()


def test_it_names_the_eight_emotions() -> None:
    config = json.loads((EMBEDDED / "config.json").read_text())
    assert tuple(config["id2label"][str(i)] for i in range(8)) == EMOTIONS


def test_finetune_trains_layers_of_its_sizes() -> None:
    embedded, (trained, _) = load_network(str(EMBEDDED), EMOTIONS)[0], new_network(EMOTIONS)
    assert {name: values.shape for name, values in trained.base_model.encoder.state_dict().items()} == {
        name: values.shape for name, values in embedded.base_model.encoder.state_dict().items()
    }


@pytest.mark.parametrize("name", [path.name for path in CODE.glob("*_ser_whisper.py")])
def test_its_code_files_are_the_packages(name: str) -> None:
    assert (EMBEDDED / name).read_text() == (CODE / name).read_text()


def test_its_card_tells_speakers_licence_figures_and_law() -> None:
    card = (EMBEDDED / "README.md").read_text()
    for needed in (
        "pipeline_tag: audio-classification", "license: cc-by-nc-sa-4.0", "python -m ser_demo finetune", "Seed",
        "2026, Daily", "Copyright (c) 2022 OpenAI", "Article 5(1)(f)", "| ravdess |", "| crema-d |",
    ):  # fmt: skip
        assert needed in card


def test_its_figures_pass_the_bars() -> None:
    figures = {row["corpus"]: row for row in json.loads((EMBEDDED / "evaluation.json").read_text())["corpora"]}
    for corpus, uar in {"ravdess": 0.66, "crema-d": 0.60, "emodb": 0.85, "nemo": 0.58, "tess": 0.55}.items():
        assert figures[corpus]["uar"] >= uar
    assert figures["crema-d"]["ece"] <= 0.05
    for row in figures.values():
        losses = {each["condition"]: each["loss"] for each in row["robustness"]}
        assert losses["telephone"] <= 0.04 and losses["MP3 32 kbit/s"] <= 0.02 and losses["noise 10 dB"] <= 0.08


def test_the_second_one_is_of_stock_and_both_are_small() -> None:
    assert json.loads((STOCK / "config.json").read_text())["architectures"] == ["WhisperForAudioClassification"]
    assert not list(STOCK.glob("*.py"))
    folders = (EMBEDDED, STOCK)
    assert sum(path.stat().st_size for folder in folders for path in folder.iterdir() if path.is_file()) < 60e6


def test_the_second_one_is_nearly_as_good_and_says_who_taught_it() -> None:
    theirs, its = (json.loads((folder / "training.json").read_text()) for folder in (EMBEDDED, STOCK))
    assert its["dev_uar"] >= theirs["dev_uar"] - 0.03
    card = (STOCK / "README.md").read_text()
    for needed in (
        "license: cc-by-nc-sa-4.0", "--teacher", "Seed", "2026, Daily", "Copyright (c) 2022 OpenAI", "-23",
        "first 5 seconds", "| ravdess |",
    ):  # fmt: skip
        assert needed in card


def test_visitors_may_choose_the_second_one() -> None:
    models = Models(Settings(models=(str(STOCK),)), EmotionRecognizer())
    assert models.names == ["ser-demo-whisper", "stock-whisper"]
    call = EXAMPLES / "call_two_channels.flac"
    ours, theirs = (models.recognizer(name).recognize(call).channels for name in models.names)
    assert [channel.emotion for channel in theirs] == [channel.emotion for channel in ours]


def test_the_second_one_hears_long_windows_to_their_end() -> None:
    """It was deaf to what came after 5 seconds."""
    agent, _ = at_16_khz("call_two_channels.flac")
    window, short = agent[8_000:104_001], agent[8_000:80_000]
    whole, *halves, alone = Classifier(str(STOCK), "cpu").classify([window, window[:48_001], window[48_001:], short])
    assert whole == pytest.approx({emotion: (halves[0][emotion] + halves[1][emotion]) / 2 for emotion in EMOTIONS})
    assert alone == pytest.approx(Classifier(str(STOCK), "cpu").classify([short])[0], abs=1e-5)


LOAD = """
import json, sys
{before}
import numpy as np
from transformers import pipeline
classify = pipeline("audio-classification", model={model!r}, {options})
assert ("ser_demo" in sys.modules) == {has_package}
print(json.dumps(classify(np.load({audio!r}), top_k=8)))
"""


@pytest.mark.parametrize(("model", "has_package"), [(EMBEDDED, True), (EMBEDDED, False), (STOCK, False)])
def test_the_plain_pipeline_gives_the_recognisers_scores(model: Path, has_package: bool, tmp_path: Path) -> None:
    """After `import ser_demo` as it is; where SER Demo is not installed, the embedded one with trust_remote_code."""
    agent, _ = at_16_khz("call_two_channels.flac")
    window = agent[8_000:80_000]
    np.save(tmp_path / "window.npy", window)
    code = LOAD.format(
        before="import ser_demo" if has_package else "",
        model=str(model),
        options="trust_remote_code=True" if model == EMBEDDED and not has_package else "",
        has_package=has_package,
        audio=str(tmp_path / "window.npy"),
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_MODULES_CACHE": str(tmp_path / "modules")}
    environment["PYTHONPATH"] = str(ROOT) if has_package else ""
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    theirs = {entry["label"]: entry["score"] for entry in json.loads(run.stdout)}
    assert theirs == pytest.approx(Classifier(str(model), "cpu").classify([window])[0], abs=1e-5)


def test_importing_transformers_first_works_too() -> None:
    code = (
        "import transformers.pipelines, ser_demo\n"
        f"print(transformers.pipeline('audio-classification', model={str(EMBEDDED)!r}).model.config.model_type)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.stdout.strip() == "ser_whisper", run.stderr


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, ser_demo; print([m for m in ('torch', 'transformers', 'gradio', 'numpy') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_no_pickled_weights_and_no_foreign_code_are_loaded(tmp_path: Path) -> None:
    import shutil

    from ser_demo.classifier import ModelError

    foreign = tmp_path / "foreign"
    shutil.copytree(EMBEDDED, foreign)
    config = json.loads((foreign / "config.json").read_text())
    config["model_type"] = "somebody_elses"
    (foreign / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="foreign"):
        EmotionRecognizer(str(foreign))
    shutil.copytree(EMBEDDED, tmp_path / "pickled")
    (tmp_path / "pickled" / "model.safetensors").rename(tmp_path / "pickled" / "pytorch_model.bin")
    with pytest.raises(ModelError, match="safetensors"):
        EmotionRecognizer(str(tmp_path / "pickled"))
