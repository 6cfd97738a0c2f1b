"""Publishing models and the Space to a Hub on the loopback, loading them back, and what is said where it fails."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from conftest import free_port
from hub_server import HubServer
from recordings import CALL, EXAMPLES
from test_other_checkpoints import tiny_wav2vec2
from transformers import AutoModelForAudioClassification

import ser_demo
from ser_demo import EmotionRecognizer, SerError
from ser_demo.cli import main
from ser_demo.publishing.contents import checkpoint_files
from ser_demo.publishing.hub import push_model
from ser_demo.settings import EMBEDDED

ROOT = EXAMPLES.parent


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


def run(arguments: list[str], hub: HubServer, home: Path, folder: Path = ROOT, **changes: str) -> tuple[int, str, str]:
    """Python in a child process that knows no other Hub: its exit code, standard output and standard error."""
    environment = {**os.environ, **hub.environment(home), **changes}
    environment.pop("PYTHONPATH", None)
    child = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert "hf_anna" not in child.stdout + child.stderr  # the token
    return child.returncode, child.stdout, child.stderr


def publish(*arguments: str, hub: HubServer, home: Path, **changes: str) -> tuple[int, str, str]:
    return run(["-m", "ser_demo", "publish", *arguments], hub, home, **changes)


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wav2vec 2.0 of random weights without a card, among files that are nobody else's business."""
    folder = tmp_path_factory.mktemp("models") / "stock"
    tiny_wav2vec2(folder, ["sad", "happy"])
    (folder / "training" / "checkpoint-1").mkdir(parents=True)
    (folder / "training" / "checkpoint-1" / "model.safetensors").write_bytes(b"a state")
    for name in ("optimizer.pt", "pytorch_model.bin", "call_with_my_bank.wav", ".env", "notes.json"):
        (folder / name).write_text("private")
    return folder


@pytest.fixture(scope="module")
def published(hub: HubServer, stock: Path, tmp_path_factory: pytest.TempPathFactory) -> HubServer:
    """The Hub after the embedded and the stock model were published."""
    home = tmp_path_factory.mktemp("home")
    code, output, errors = publish("model", "anna/embedded", hub=hub, home=home)
    assert (code, output.splitlines()[0]) == (0, f"{hub.url}/anna/embedded"), errors
    assert "--model anna/embedded" in output
    code, output, errors = publish("model", str(stock), "stock", "--private", hub=hub, home=home)
    assert (code, output.splitlines()[0]) == (0, f"{hub.url}/anna/stock"), errors
    return hub


def test_the_embedded_model_arrives_whole_in_one_commit(published: HubServer) -> None:
    repository = published.repositories["models", "anna/embedded"]
    arrived = {path: content for path, content in repository.files.items() if path != ".gitattributes"}
    assert arrived == {path.name: path.read_bytes() for path in EMBEDDED.iterdir() if path.is_file()}
    assert len(repository.messages) == 2 and "ser_demo" in repository.messages[1]
    assert repository.large == {"model.safetensors"} and not repository.private


def test_only_the_checkpoint_itself_is_sent_with_a_card(published: HubServer, stock: Path) -> None:
    repository = published.repositories["models", "anna/stock"]
    files = {".gitattributes", "README.md", "config.json", "model.safetensors", "preprocessor_config.json"}
    assert set(repository.files) == files and repository.private
    assert "pipeline_tag: audio-classification" in repository.files["README.md"].decode()


LOAD_BACK = """
import json, sys
import numpy as np
from transformers import pipeline
speech = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
stock = pipeline("audio-classification", model="anna/stock")(speech)
import ser_demo
embedded = pipeline("audio-classification", model="anna/embedded")(speech, top_k=8)
result = ser_demo.EmotionRecognizer("anna/embedded").recognize(sys.argv[1])
print(json.dumps([stock, embedded, [channel.scores for channel in result.channels]]))
"""


def test_published_models_load_back_and_answer_as_before(published: HubServer, stock: Path, tmp_path: Path) -> None:
    code, output, errors = run(["-c", LOAD_BACK, str(CALL)], published, tmp_path)
    assert code == 0, errors
    plain, embedded, channels = json.loads(output)
    assert {entry["label"] for entry in plain} == {"sad", "happy"} and len(embedded) == 8
    ours = EmotionRecognizer(str(EMBEDDED)).recognize(CALL).channels
    for theirs, channel in zip(channels, ours, strict=True):
        assert theirs == pytest.approx(channel.scores, abs=1e-6)


def test_publishing_again_replaces_what_has_changed_and_gone(published: HubServer, stock: Path, tmp_path: Path) -> None:
    repository = published.repositories["models", "anna/stock"]
    repository.files |= {"evaluation.html": b"of an older model", "photo.png": b"the owner's own"}
    commits = len(repository.messages)
    assert publish("model", str(stock), "anna/stock", hub=published, home=tmp_path)[0] == 0
    assert "evaluation.html" not in repository.files and repository.files["photo.png"] == b"the owner's own"
    assert publish("model", str(stock), "anna/stock", hub=published, home=tmp_path)[0] == 0
    assert len(repository.messages) == commits + 1  # the second time nothing was new


def test_private_never_ends_up_in_public(published: HubServer, stock: Path, tmp_path: Path) -> None:
    before = dict(published.repositories["models", "anna/embedded"].files)
    code, _, errors = publish("model", str(stock), "anna/embedded", "--private", hub=published, home=tmp_path)
    assert code == 1 and "is public" in errors
    assert published.repositories["models", "anna/embedded"].files == before


def test_what_tess_trained_is_published_in_private_only(published: HubServer, stock: Path, tmp_path: Path) -> None:
    of_tess = shutil.copytree(stock, tmp_path / "of-tess")
    speakers = {"clips": 10, "speakers": ["OAF"], "genders": {"female": 1}, "languages": ["en"]}
    record = {"command": "", "seed": 0, "start": "random", "epochs": 1, "epoch": 1, "parameters": 1, "dev_uar": 0.5}
    training = {**record, "speakers": {"train": {"tess": speakers}, "dev": {}}, "log": []}
    (of_tess / "training.json").write_text(json.dumps(training))
    before = len(published.requests)
    code, _, errors = publish("model", str(of_tess), "anna/of-tess", hub=published, home=tmp_path)
    assert code == 1 and "TESS is CC BY-NC-ND 4.0" in errors and "--private" in errors
    assert len(published.requests) == before
    assert publish("model", str(of_tess), "anna/of-tess", "--private", hub=published, home=tmp_path)[0] == 0
    assert published.repositories["models", "anna/of-tess"].private


@pytest.fixture(scope="module")
def space(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a published Space."""
    code, output, errors = publish("space", "anna/demo", hub=hub, home=tmp_path_factory.mktemp("home"))
    assert (code, output.strip()) == (0, f"{hub.url}/spaces/anna/demo"), errors
    assert hub.repositories["spaces", "anna/demo"].sdk == "gradio"
    return hub.repositories["spaces", "anna/demo"].files


def test_the_space_holds_the_demo_and_nothing_else(space: dict[str, bytes]) -> None:
    needed = ("app.py", "requirements.txt", "LICENSE", "ser_demo/checkpoint/model.safetensors", CALL.name)
    for name in needed:
        assert any(path.endswith(name) for path in space), name
    assert space["README.md"].startswith(b"---\ntitle: SER Demo\n")
    assert {path.split("/")[0] for path in space} == {
        ".gitattributes", "app.py", "requirements.txt", "README.md", "LICENSE", "ser_demo", "examples", "assets",
    }  # fmt: skip
    assert not any("__pycache__" in path for path in space)


def test_the_space_starts_in_an_empty_folder(space: dict[str, bytes], tmp_path: Path) -> None:
    for path, content in space.items():
        (tmp_path / "space" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "space" / path).write_bytes(content)
    port = str(free_port())
    environment = {**os.environ, "GRADIO_SERVER_PORT": port, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home")}
    environment.pop("PYTHONPATH", None)
    server = subprocess.Popen([sys.executable, "app.py"], cwd=tmp_path / "space", env=environment)
    try:
        assert b"/recognize" in _first_answer(f"http://127.0.0.1:{port}/gradio_api/info", server)
    finally:
        server.terminate()
        server.wait(30)


def _first_answer(url: str, server: subprocess.Popen[bytes]) -> bytes:
    for _ in range(240):
        assert server.poll() is None, "app.py has ended"
        try:
            return urlopen(url).read()
        except URLError:
            time.sleep(0.5)
    raise AssertionError("app.py does not answer")


def test_a_package_without_its_repository_is_no_space(hub: HubServer, tmp_path: Path) -> None:
    shutil.copytree(Path(ser_demo.__file__).parent, tmp_path / "site" / "ser_demo")
    code, _, errors = run(
        ["-m", "ser_demo", "publish", "space", "anna/x"], hub, tmp_path / "home", folder=tmp_path / "site"
    )
    assert code == 1 and "clone of SER Demo's repository" in errors


@pytest.mark.parametrize(
    ("owner", "changes", "reason"),
    [
        ("anna", {"HF_TOKEN": ""}, "hf auth login"),
        ("anna", {"HF_TOKEN": "hf_expired"}, "does not know this token"),
        ("anna", {"HF_TOKEN": "hf_ab…"}, "characters that no token has"),
        ("bert", {}, "does not let this token write there"),
        ("anna", {"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set"),
        ("anna", {"HF_HUB_DISABLE_XET": "0"}, "could not take it"),  # the Hub of the tests knows no Xet
        ("anna", {"HF_ENDPOINT": "http://me:secret@127.0.0.1:9"}, "127.0.0.1:9 cannot be reached"),
        ("anna", {"HF_ENDPOINT": "huggingface.co"}, "HF_ENDPOINT is not an address"),
    ],
)
def test_what_fails_is_said_with_the_way_to_go_on(
    owner: str, changes: dict[str, str], reason: str, hub: HubServer, stock: Path, tmp_path: Path
) -> None:
    code, output, errors = publish("model", str(stock), f"{owner}/new", "--private", hub=hub, home=tmp_path, **changes)
    assert (code, output) == (1, "")
    message = errors.strip().splitlines()[-1]
    assert message.startswith("error: ") and reason in message
    assert f"safe in {stock}" in message
    assert message.endswith(f"python -m ser_demo publish model {stock} {owner}/new --private")
    assert not any(secret in errors for secret in ("secret", "hf_expired", "hf_ab", "Traceback"))


@pytest.mark.parametrize("status", [500, 503])
def test_a_hub_in_trouble_is_said_too(status: int, stock: Path, tmp_path: Path) -> None:
    with HubServer() as broken:
        broken.failure = status
        code, _, errors = publish("model", str(stock), "anna/new", hub=broken, home=tmp_path)
    assert code == 1 and f"problem of its own ({status}: Internal Error" in errors and f"safe in {stock}" in errors


@pytest.mark.parametrize("name", ["anna/", "a/b/c", "https://huggingface.co/anna/x", "anna/ä", "-x", "anna/x.git"])
def test_a_name_that_no_repository_has_is_told_before_anything_is_sent(name: str, stock: Path) -> None:
    with pytest.raises(SerError, match="OWNER/NAME"):
        push_model(stock, name)


def test_a_folder_alone_is_not_taken_for_a_repository(stock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", "model", str(stock)]) == 1
    assert "OWNER/NAME" in capsys.readouterr().err


def test_what_is_no_checkpoint_is_not_sent(stock: Path, tmp_path: Path) -> None:
    def broken(name: str, content: bytes | None) -> Path:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        shutil.copytree(stock, folder)
        (folder / name).unlink()
        if content is not None:
            (folder / name).write_bytes(content)
        return folder

    for content, problem in ((b'{"a":', "cannot be read"), (b'{"a": 1}', "does not tell who trained")):
        folder = broken("config.json", (stock / "config.json").read_bytes())
        (folder / "training.json").write_bytes(content)
        with pytest.raises(SerError, match=rf"training\.json: {problem}"):
            push_model(folder, "anna/broken")
    config = json.loads((stock / "config.json").read_text())
    other = json.dumps({**config, "architectures": ["Wav2Vec2ForCTC"]}).encode()
    for folder, problem in (
        (tmp_path / "nowhere", "no such folder"),
        (broken("config.json", None), "no config.json"),
        (broken("config.json", b"{"), "cannot be read"),
        (broken("config.json", other), "Wav2Vec2ForCTC, not an audio-classification"),
        (broken("preprocessor_config.json", None), "no preprocessor_config.json"),
        (broken("model.safetensors", None), "Only safetensors"),
        (broken("model.safetensors", b"cut off"), "is damaged"),
    ):
        with pytest.raises(SerError, match=problem):
            checkpoint_files(folder)


def test_a_checkpoint_in_several_files_is_sent_with_all_of_them_or_not_at_all(stock: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(stock, tmp_path / "large")
    (folder / "model.safetensors").unlink()
    AutoModelForAudioClassification.from_pretrained(stock).save_pretrained(folder, max_shard_size=2000)
    shards = sorted(path.name for path in folder.glob("model-*-of-*.safetensors"))
    assert len(shards) > 1 and {*shards, "model.safetensors.index.json"} <= set(checkpoint_files(folder))
    (folder / shards[0]).unlink()
    with pytest.raises(SerError, match=f"has no {shards[0]}"):
        checkpoint_files(folder)
    shutil.copy(stock / "model.safetensors", folder)  # which transformers prefers to what an index names
    assert "model.safetensors" in checkpoint_files(folder)
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(SerError, match=r"has no model\.safetensors\."):
        checkpoint_files(folder)
