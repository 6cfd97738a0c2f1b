"""More than one model: checked at the start, loaded when needed, kept."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from recordings import CALL
from test_other_checkpoints import tiny_wav2vec2

from ser_demo import EmotionRecognizer, SerError
from ser_demo.errors import SettingsError
from ser_demo.models import Models
from ser_demo.settings import Settings

OWN = "ser-demo-whisper"


@pytest.fixture
def other(tmp_path: Path) -> str:
    return tiny_wav2vec2(tmp_path / "other", ["HAP", "ang", "contempt"])


def offered(*models: str, model: str | None = None) -> Models:
    settings = Settings(model=model, models=models)
    return Models(settings, EmotionRecognizer(settings=settings))


def test_without_a_choice_there_is_the_one_model(other: str) -> None:
    assert offered().names == [OWN]
    assert offered(model=other).names == ["other"]


def test_the_operator_says_what_there_is_and_what_comes_first(other: str) -> None:
    assert offered(other).names == offered("embedded", other).names == [OWN, "other"]
    assert offered("embedded", other, model=other).names == ["other", OWN]


def test_each_answers_by_itself_and_is_loaded_once(other: str) -> None:
    models = offered(other)
    for name in models.names:
        assert models.recognizer(name).recognize(CALL).model.name == name
        assert models.recognizer(name) is models.recognizer(name)
    with pytest.raises(KeyError):
        models.recognizer("another")


def test_one_that_is_loading_keeps_nobody_from_the_others(other: str) -> None:
    models, may_go_on, is_loading = offered(other), threading.Event(), threading.Event()

    class Slow:
        def with_model(self, model: str | None) -> None:
            is_loading.set()
            may_go_on.wait(20)

    first, models._first = models.recognizer(OWN), Slow()
    loading = threading.Thread(target=models.recognizer, args=["other"])
    loading.start()
    assert is_loading.wait(20)
    with ThreadPoolExecutor(1) as asking:
        assert asking.submit(models.recognizer, OWN).result(timeout=10) is first
    may_go_on.set()
    loading.join()


def test_what_lies_beside_the_weights_is_found(other: str) -> None:
    models = offered(other)
    card = models.file(OWN, "README.md")
    assert card is not None and "# ser-demo-whisper" in card.read_text()
    assert models.file("other", "README.md") is None


@pytest.mark.parametrize("unknown", ["./no-such-folder", "org/unknown"])
def test_an_unknown_one_is_named_at_the_start(unknown: str) -> None:
    with pytest.raises(SerError, match=r"unknown|no-such-folder") as caught:
        offered(unknown)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_for_something_else_is_refused_at_the_start(tmp_path: Path) -> None:
    from transformers import BertConfig

    BertConfig().save_pretrained(tmp_path / "bert")
    with pytest.raises(SerError, match="'bert' is a bert, not for audio classification"):
        offered(str(tmp_path / "bert"))


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    twins = [tiny_wav2vec2(tmp_path / folder / "same", ["sad", "happy"]) for folder in ("a", "b")]
    with pytest.raises(SettingsError, match="only one model called 'same'"):
        offered(*twins)
