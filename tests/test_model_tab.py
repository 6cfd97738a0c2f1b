"""The tab "Model" without a browser: what it says of a checkpoint, measured or not."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from ser_demo.evaluation.figures import Evaluation
from ser_demo.result import Audio, Channel, Model, Result
from ser_demo.settings import EMBEDDED
from ser_demo.ui.model_view import comparison_html, corpora_of, corpus_html, model_html, read_evaluation

FILE = EMBEDDED / "evaluation.json"
MODEL = Model("ser-demo-whisper", "1")
LABELS = ["angry", "happy", "neutral"]


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).replace("\u00a0", " ").split())


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    found = read_evaluation(FILE)
    assert found is not None
    return found


def test_the_table_has_the_card_s_figures(evaluation: Evaluation) -> None:
    shown = model_html(MODEL, LABELS, evaluation, "en")
    rows = [plain(row) for row in re.findall(r"<tr>(<th scope=\"row\".*?)</tr>", shown)]
    assert [row.split()[0] for row in rows] == ["CREMA-D", "EmoDB", "nEMO", "RAVDESS", "TESS"]
    for row, corpus in zip(rows, evaluation.corpora, strict=True):
        assert f"{corpus.speakers} {corpus.clips} {corpus.labels} {100 * corpus.uar:.0f} %" in row
        assert row.endswith(f"{corpus.unanswered} {100 / corpus.labels:.0f} %")


def test_the_limits_follow_from_the_figures(evaluation: Evaluation) -> None:
    english, german = (plain(model_html(MODEL, LABELS, evaluation, language)) for language in ("en", "de"))
    assert "It tells 3 emotions apart: neutral, happy, angry." in english
    assert re.search(
        r"It misses happy most: it finds \d+ % of such recordings, and mostly takes the others for", english
    )
    assert "actors who show one emotion at a time" in english and "no lie detector" in english
    assert "far from the truth on voices like those of" in english and "nEMO" in english
    assert "Am häufigsten entgeht ihm fröhlich" in german and "Lügendetektor" in german


@pytest.mark.parametrize("split", ["test", "train", "dev", "all", "<odd>"])
def test_only_test_voices_are_called_new(evaluation: Evaluation, split: str) -> None:
    measured = replace(evaluation, split=split)
    english, german = (plain(model_html(MODEL, LABELS, measured, language)) for language in ("en", "de"))
    assert ("voices that it has never heard" in english) == (split == "test")
    assert ("Stimmen, die es nie gehört hat" in german) == (split == "test")
    assert ("voices that are there for training" in english) == (split == "train")
    assert "Guessing alone" in english and "Allein durch Raten" in german


def test_an_unmeasured_model_is_called_so(tmp_path: Path) -> None:
    shown = plain(model_html(Model("other", "local"), ["sad", "<b>"], None, "en"))
    assert "Nobody has measured this model" in shown and "actors" not in shown and corpora_of(None) == []
    (tmp_path / "evaluation.json").write_text('{"model": "of another kind"}')
    assert read_evaluation(tmp_path / "evaluation.json") is None
    assert read_evaluation(tmp_path / "nowhere.json") is None and read_evaluation(None) is None
    assert "<b>" not in model_html(Model("<b>", "<b>"), ["<b>"], None, "en")


def test_the_charts_speak_the_reader_s_language_and_hold_every_count(evaluation: Evaluation) -> None:
    assert ("RAVDESS", "ravdess") in corpora_of(evaluation)
    (ravdess,) = [row for row in evaluation.corpora if row.corpus == "ravdess"]
    english, german = corpus_html(FILE, "ravdess", "en"), corpus_html(FILE, "ravdess", "de")
    assert english.count("<svg") == german.count("<svg") == 2
    assert ">surprised<" in english and ">answered<" in english
    assert ">überrascht<" in german and ">gemeint<" in german and "surprised" not in german
    cells = re.findall(r"<td>(\d+)</td>", english)
    assert list(map(int, cells)) == [count for row in ravdess.confusion for count in row]
    assert corpus_html(FILE, "unknown", "en") == ""


def test_two_models_stand_side_by_side() -> None:
    def result(name: str, scores: dict) -> Result:
        return Result((Channel(0, 4.0, scores, (), ()),), Audio(5.0, 16_000, 1), Model(name, "1"))

    shown = comparison_html([result("one", {"angry": 0.9}), result("<other>", {"sad": 0.8})], "en")
    first, second = re.findall(r"<h3>(?:one|&lt;other&gt;)</h3>.*?(?=<h3>(?:&lt;other)|$)", shown)
    assert "Mostly angry (90 %)" in plain(first) and "Mostly sad (80 %)" in plain(second)
