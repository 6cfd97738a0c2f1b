"""The whole evaluation: recordings and a checkpoint in, figures, tables and a page out."""

import errno
import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from recordings import at_16_khz
from safetensors.torch import load_file, save_file
from test_other_checkpoints import tiny_wav2vec2

from ser_demo import EmotionRecognizer, SerError
from ser_demo.cli import main
from ser_demo.corpora.table import COLUMNS
from ser_demo.evaluation.charts import draw_classes
from ser_demo.evaluation.evaluate import evaluate
from ser_demo.evaluation.figures import Evaluation, LengthFigures
from ser_demo.evaluation.markdown import to_markdown
from ser_demo.evaluation.report import to_html
from ser_demo.evaluation.robustness import CONDITIONS
from ser_demo.result import Result
from ser_demo.settings import EMBEDDED

RAVDESS = {"neutral": "01", "calm": "02", "happy": "03", "sad": "04", "angry": "05"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pieces of the example call under names of RAVDESS: three test speakers and a development one, a clip each of
    five emotions; one file is broken, one has no speech."""
    folder = tmp_path_factory.mktemp("ravdess")
    channels = at_16_khz("call_two_channels.flac")
    speech = np.concatenate([channels[0][8_000:80_000], channels[1][95_000:175_000]])
    for actor in ("01", "11", "20", "04"):
        for number, code in enumerate(RAVDESS.values()):
            piece = speech[number * 24_000 + int(actor) * 100 :][:30_000]
            soundfile.write(folder / f"03-01-{code}-01-01-01-{actor}.wav", piece, 16_000)
    (folder / "03-01-03-01-01-01-11.wav").write_bytes(b"broken")
    noise = np.random.default_rng(0).standard_normal(16_000) / 50
    soundfile.write(folder / "03-01-05-01-01-01-20.wav", noise, 16_000)
    return folder


@pytest.fixture(scope="module")
def table(folder: Path) -> pd.DataFrame:
    return pd.DataFrame([row(path, "ravdess", path.stem[6:8], path.stem[-2:]) for path in sorted(folder.iterdir())])


def row(path: Path, corpus: str, code: str, actor: str, **changed: str) -> dict[str, str]:
    emotion = next(name for name, number in RAVDESS.items() if number == code)
    gender = "male" if int(actor) % 2 else "female"
    known = {"path": str(path), "corpus": corpus, "speaker": actor, "gender": gender, "emotion": emotion}
    return {**dict.fromkeys(COLUMNS, ""), **known, "split": "dev" if actor == "04" else "test", **changed}


def ignore(done: int, total: int) -> None:
    pass


@pytest.fixture(scope="module")
def evaluation(table: pd.DataFrame) -> Evaluation:
    return evaluate(None, table, "test", ignore)


def test_the_figures_are_those_of_the_recognisers_answers(table: pd.DataFrame, evaluation: Evaluation) -> None:
    readable = table[(table["split"] == "test") & ~table["path"].str.endswith("03-01-03-01-01-01-11.wav")]
    recognizer, counts = EmotionRecognizer(), np.zeros((5, 6), dtype=int)
    for path, emotion in zip(readable["path"], readable["emotion"], strict=True):
        scores = recognizer.recognize(path).channels[0].scores
        own = [name for name in scores if name in RAVDESS]
        answer = list(RAVDESS).index(own[0]) if own else 5
        counts[list(RAVDESS).index(emotion), answer] += 1
    (figures,) = evaluation.corpora
    assert [part.emotion for part in figures.classes] == list(RAVDESS)
    assert np.array(figures.confusion).tolist() == counts.tolist()
    assert figures.wa == pytest.approx(np.trace(counts) / 14)
    assert figures.uar == pytest.approx(np.mean(np.diagonal(counts) / counts.sum(1)))
    assert (figures.clips, figures.speakers, figures.labels, figures.unanswered) == (14, 3, 5, 1)
    recalls = [part.recall for part in figures.classes]
    assert recalls == pytest.approx((np.diagonal(counts) / counts.sum(1)).tolist())
    assert [(part.name, part.clips) for part in figures.by_speaker] == [("01", 5), ("11", 4), ("20", 5)]
    assert [(part.name, part.speakers, part.clips) for part in figures.by_gender] == [("female", 1, 5), ("male", 2, 9)]
    low, high = figures.intervals["uar"]
    assert 0 <= low <= high <= 1
    assert sum(part.clips for part in figures.reliability) == 13


def test_a_voice_on_the_right_channel_alone_is_heard(table: pd.DataFrame, tmp_path: Path) -> None:
    some = table[table["speaker"] == "01"]
    on_the_right = []
    for path in some["path"]:
        samples, rate = soundfile.read(path)
        on_the_right.append(str(tmp_path / Path(path).name))
        soundfile.write(on_the_right[-1], np.stack([0 * samples, samples], axis=1), rate)
    conditions = ["noise 10 dB"]
    (one,) = evaluate(None, some, "test", ignore, conditions).corpora
    (two,) = evaluate(None, some.assign(path=on_the_right), "test", ignore, conditions).corpora
    assert (two.confusion, two.unanswered, two.robustness) == (one.confusion, 0, one.robustness)


def test_a_broken_recording_is_skipped_and_named(evaluation: Evaluation) -> None:
    assert len(evaluation.skipped) == 1 and evaluation.skipped[0].startswith("03-01-03-01-01-01-11.wav: ")


def test_files_of_private_recordings_are_named_to_the_caller_alone(
    table: pd.DataFrame, tmp_path: Path, tiny: str
) -> None:
    """Figures go to the Hub: "Anna Smith, divorce.wav" does not."""
    public = table[table["speaker"] == "01"]
    folder = tmp_path / "calls"
    folder.mkdir()
    calls = []
    for number, (code, path) in enumerate(zip(RAVDESS.values(), table[table["speaker"] == "20"]["path"], strict=True)):
        shutil.copy(path, folder / f"Anna: call {number}.wav")
        calls.append(row(folder / f"Anna: call {number}.wav", "calls", code, "20"))
    shutil.copy(folder / "Anna: call 1.wav", folder / "Anna: call 6.wav")
    shutil.copy(public["path"].iloc[0], folder / "Anna: call 7.wav")
    (folder / "Anna: broken.wav").write_bytes(b"broken")
    soundfile.write(folder / "Anna: silence.wav", np.zeros(16_000), 16_000)
    for name, code in (("call 6", "01"), ("call 7", "05"), ("broken", "01"), ("silence", "01")):
        calls.append(row(folder / f"Anna: {name}.wav", "calls", code, "20"))
    told: list[str] = []
    both = pd.concat([public, pd.DataFrame(calls)], ignore_index=True)
    figures = evaluate(tiny, both, "test", ignore, tell=told.append)
    double = "double under another label"
    first = Path(public["path"].iloc[0]).name
    assert sorted(figures.set_aside) == [f"{first}: {double}", *[f"calls: {double}"] * 3, "calls: silent"]
    (skipped,) = figures.skipped
    assert skipped.startswith("calls: it ")
    assert "Anna" not in json.dumps(figures.to_dict()) and "Anna" not in to_html(figures)
    assert f"set aside: Anna: call 7.wav: {double}: {first}, neutral" in told
    assert len(told) == 6 and told[-1].startswith("skipped: Anna: broken.wav: it ")


def test_what_cannot_tell_right_from_wrong_is_set_aside_and_told(
    table: pd.DataFrame, tmp_path: Path, tiny: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sound under two labels, a sound that is there twice, and silence: neither an answer nor a failure."""
    folder = shutil.copytree(Path(table["path"].iloc[0]).parent, tmp_path / "ravdess")
    (folder / "03-01-03-01-01-01-11.wav").unlink()  # the broken one
    shutil.copy(folder / "03-01-01-01-01-01-01.wav", folder / "03-01-04-01-02-01-01.wav")
    shutil.copy(folder / "03-01-02-01-01-01-11.wav", folder / "03-01-02-01-01-02-11.wav")
    soundfile.write(folder / "03-01-05-01-02-01-20.wav", np.zeros(16_000), 16_000)
    output = tmp_path / "figures.json"
    assert main(["evaluate", "--data", str(folder), "--model", tiny, "--output", str(output)]) == 0
    printed = capsys.readouterr()
    assert printed.err.count("set aside: ") == 4
    assert "set aside: 03-01-04-01-02-01-01.wav: double under another label: 03-01-01-01-01-01-01.wav" in printed.err
    assert "set aside: 03-01-05-01-02-01-20.wav: silent" in printed.err
    assert "under two labels, and were set aside: 4." in printed.out
    figures = Evaluation.from_dict(json.loads(output.read_text()))
    assert len(figures.set_aside) == 4 and figures.skipped == ()
    assert figures.corpora[0].clips == 13 and "double under another label" in to_html(figures)
    silent = table.assign(path=str(folder / "03-01-05-01-02-01-20.wav"))
    with pytest.raises(SerError, match=r"none of the 15 test clips can be measured; the first: .*silent"):
        evaluate(tiny, silent, "test", ignore)


def test_a_recording_that_is_lost_while_others_are_measured_does_not_lose_their_figures(
    table: pd.DataFrame, tmp_path: Path, tiny: str
) -> None:
    folder = shutil.copytree(Path(table["path"].iloc[0]).parent, tmp_path / "ravdess")
    moved = table.assign(path=[str(folder / Path(path).name) for path in table["path"]])
    clips = int((table["split"] == "test").sum())

    def lose(done: int, total: int) -> None:
        if done == clips:  # the answers are there
            (folder / "03-01-01-01-01-01-01.wav").unlink(missing_ok=True)

    figures = evaluate(tiny, moved, "test", lose)
    assert figures.corpora[0].clips == 13
    assert figures.set_aside == ("03-01-01-01-01-01-01.wav: unreadable: there is no such file",)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small network that guesses, without a calibration."""
    return tiny_wav2vec2(tmp_path_factory.mktemp("models") / "tiny", list(RAVDESS))


def test_a_temperature_is_fitted_where_none_is_folded_in(table: pd.DataFrame, tiny: str) -> None:
    figures = evaluate(tiny, table, "test", ignore)
    assert figures.scaling is not None and not figures.scaling.is_folded_in
    assert figures.corpora[0].ece_before == figures.corpora[0].ece != figures.corpora[0].ece_after
    for rows, split in ((table[table["split"] == "test"], "test"), (table, "dev"), (table, "all")):
        alone = evaluate(tiny, rows, split, ignore)
        assert alone.scaling is None and alone.corpora[0].ece_after is None
        assert ("Measured on the dev part, not on test" in to_markdown(alone)) == (alone.split == "dev")
        assert "before" not in to_markdown(alone) and "Temperature" not in to_html(alone)


def test_a_folded_calibration_is_taken_out_for_the_figure_before(
    table: pd.DataFrame, tiny: str, tmp_path: Path
) -> None:
    """A checkpoint with a calibration folded in has the error before of the one without."""
    folded = shutil.copytree(tiny, tmp_path / "folded")
    biases = dict(zip(RAVDESS, (1.0, -0.5, -1.0, 0.2, 0.3), strict=True))
    weights = load_file(folded / "model.safetensors")
    weights["classifier.weight"] /= 1.6
    weights["classifier.bias"] = weights["classifier.bias"] / 1.6 + torch.tensor(list(biases.values()))
    save_file(weights, folded / "model.safetensors", {"format": "pt"})
    (folded / "calibration.json").write_text(json.dumps({"temperature": 1.6, "biases": biases}))
    before, after = (evaluate(str(model), table, "test", ignore) for model in (tiny, folded))
    assert after.scaling is not None and after.scaling.is_folded_in
    assert after.corpora[0].ece_before == pytest.approx(before.corpora[0].ece, abs=1e-4)
    assert after.corpora[0].ece_after == after.corpora[0].ece != pytest.approx(before.corpora[0].ece, abs=1e-2)


def test_what_is_answered_is_measured_at_any_bound(table: pd.DataFrame, tiny: str, tmp_path: Path) -> None:
    """Also above the certainties that are tried when a bound is chosen."""
    sure = shutil.copytree(tiny, tmp_path / "sure")
    weights = load_file(sure / "model.safetensors")
    save_file(
        weights | {name: 8_000 * weights[name] for name in ("classifier.weight", "classifier.bias")},
        sure / "model.safetensors",
        {"format": "pt"},
    )
    recognizer = EmotionRecognizer(str(sure))
    readable = [path for path in table.loc[table["split"] == "test", "path"] if not path.endswith("03-01-01-01-11.wav")]
    certainty = [max(recognizer.recognize(path).channels[0].scores.values(), default=0.0) for path in readable]
    bound = float(np.median(certainty))
    assert 0.9 < bound < 1
    config = json.loads((sure / "config.json").read_text())
    (sure / "config.json").write_text(json.dumps({**config, "uncertain_below": bound}))
    figures = evaluate(str(sure), table, "test", ignore)
    answered = np.mean(np.array(certainty) >= bound)
    assert figures.corpora[0].covered(bound).coverage == pytest.approx(answered) and 0 < answered < 1
    assert f"| ravdess | {100 * answered:.1f} |" in to_markdown(figures)
    assert "answered, %" in to_html(figures)


def test_a_checkpoint_of_other_labels_is_measured_on_those_that_are_shared(table: pd.DataFrame, tmp_path: Path) -> None:
    model = tiny_wav2vec2(tmp_path / "four", ["HAP", "ang", "sadness", "contempt"])
    other = table.assign(corpus="other")[table["emotion"].isin(["calm", "angry"])]
    figures = evaluate(model, pd.concat([table, other], ignore_index=True), "test", ignore)
    assert figures.model == "four"
    assert [part.corpus for part in figures.corpora] == ["ravdess"]
    assert [part.emotion for part in figures.corpora[0].classes] == ["happy", "sad", "angry"]
    assert figures.corpora[0].clips == 8 and figures.corpora[0].labels == 3
    assert figures.left_out == {"other": {"calm": 3, "angry": 3}, "ravdess": {"calm": 3, "neutral": 3}}
    assert "of ravdess 3 calm, 3 neutral" in to_markdown(figures)


def test_emotions_beyond_the_eight_are_measured_too(table: pd.DataFrame, tmp_path: Path) -> None:
    bored = table.replace({"emotion": {"calm": "boredom"}})
    model = tiny_wav2vec2(tmp_path / "bored", ["boredom", "sad", "angry"])
    figures = evaluate(model, bored, "test", ignore)
    assert [part.emotion for part in figures.corpora[0].classes] == ["sad", "angry", "boredom"]


def test_a_model_of_other_labels_is_measured_on_them_unasked(folder: Path, tmp_path: Path, capsys) -> None:
    model = tiny_wav2vec2(tmp_path / "own", ["froh", "traurig"])
    rows = [
        f"{folder}/03-01-{code}-01-01-01-{actor}.wav,{label},{actor}"
        for actor in ("01", "20", "04")
        for code, label in (("03", "froh"), ("04", "traurig"), ("01", "gelangweilt"))
    ]
    (tmp_path / "mine.csv").write_text("\n".join(["path,emotion,speaker", *rows]), encoding="utf-8")
    assert main(["evaluate", "--data", str(tmp_path / "mine.csv"), "--split", "all", "--model", model]) == 0
    assert "| ravdess | 6 | 3 | 2 |" in capsys.readouterr().out


def test_a_checkpoint_that_shares_no_two_emotions_is_an_error_that_lists_both(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    model = tiny_wav2vec2(tmp_path / "numbers", ["LABEL_0", "LABEL_1", "sad"])
    with pytest.raises(SerError, match=r"sad, LABEL_0, LABEL_1.*angry, calm, happy, neutral, sad.*--map"):
        evaluate(model, table, "test", ignore)


def test_no_clip_of_the_split_or_none_that_can_be_read_is_an_error(table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(SerError, match="no train clips"):
        evaluate(None, table, "train", ignore)
    (tmp_path / "broken.wav").write_bytes(b"broken")
    with pytest.raises(SerError, match=r"none of the 15 test clips.*broken\.wav"):
        evaluate(None, table.assign(path=str(tmp_path / "broken.wav")), "test", ignore)


def test_all_recordings_are_measured_where_none_was_trained_on(table: pd.DataFrame, tiny: str) -> None:
    figures = evaluate(tiny, table, "all", ignore)
    assert (figures.corpora[0].clips, figures.corpora[0].speakers) == (19, 4)


def test_a_measurement_that_was_stopped_goes_on_where_it_was(
    folder: Path, tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recognize, heard = EmotionRecognizer.recognize, []

    def listen(self: EmotionRecognizer, audio: Any, *arguments: Any, **options: Any) -> Result:
        heard.append(audio)
        if len(heard) == most:
            raise KeyboardInterrupt
        return recognize(self, audio, *arguments, **options)

    monkeypatch.setattr(EmotionRecognizer, "recognize", listen)
    most, whole, output = 10_000, tmp_path / "whole.json", tmp_path / "figures.json"
    command = ["evaluate", "--data", str(folder), "--model", tiny, "--robustness", "--lengths", "--output"]
    assert main([*command, str(whole)]) == 1  # one recording is broken
    everything, most = len(heard), len(heard) // 3
    for stops in (1, 2):
        heard.clear()
        assert main([*command, str(output)]) == 130
        assert "stopped; the same command goes on" in capsys.readouterr().err and not output.exists()
        with (tmp_path / "figures.json.part").open("a") as part:
            part.write(f'\n["[\\"clean\\", \\"of {stops}')  # a kill may cut what is being written
    heard.clear()
    most = 10_000
    assert main([*command, str(output)]) == 1
    assert 0 < len(heard) < everything / 2
    assert output.read_text() == whole.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figures.json", "whole.json"]


def test_what_another_model_has_heard_is_not_kept_and_a_file_of_something_else_stays(
    table: pd.DataFrame, tiny: str, tmp_path: Path
) -> None:
    part, some = tmp_path / "figures.json.part", table[table["speaker"] == "01"]
    other = tiny_wav2vec2(tmp_path / "other", list(RAVDESS), initializer_range=3.0)
    figures = [evaluate(model, some, "test", ignore, keep=part) for model in (tiny, other, tiny)]
    assert figures[0] == figures[2] and figures[1] == evaluate(other, some, "test", ignore)
    heard = len(part.read_text())
    os.utime(Path(tiny) / "model.safetensors")  # as when it is trained anew: the embedded model's version stays
    evaluate(tiny, some.head(2), "test", ignore, keep=part)
    assert len(part.read_text()) < heard
    part.write_text("a video that is being fetched")
    with pytest.raises(SerError, match=r"figures\.json\.part: is of something else"):
        evaluate(tiny, some, "test", ignore, keep=part)
    assert part.read_text() == "a video that is being fetched"


@pytest.mark.parametrize("speakers", [(), ("anna", "ben")])
def test_all_recordings_are_measured_where_they_cannot_be_divided(
    speakers: tuple[str, ...], folder: Path, tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [("path", "emotion", *(["speaker"] if speakers else []))]
    for number, emotion in enumerate(["neutral", "angry"]):
        shutil.copy(folder / f"03-01-{RAVDESS[emotion]}-01-01-01-01.wav", tmp_path / f"{number}.wav")
        rows.append((f"{number}.wav", emotion, *speakers[number : number + 1]))
    (tmp_path / "calls.csv").write_text("\n".join(map(",".join, rows)))
    command = ["evaluate", "--data", str(tmp_path / "calls.csv"), "--model", tiny]
    assert main([*command, "--split", "all"]) == 0
    assert f"| calls | 2 | {len(speakers)} | 2 |" in capsys.readouterr().out
    assert main([*command, "--split", "test"]) == 1  # this asks for a part
    assert "error: calls: " in capsys.readouterr().err


def test_who_measures_a_model_by_speakers_who_trained_it_is_told(
    folder: Path, tmp_path: Path, tiny: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = shutil.copytree(tiny, tmp_path / "model")
    train = {"ravdess": {"speakers": ["02", "11"]}, "calls": {"speakers": ["speaker 1"]}}
    dev = {"ravdess": {"speakers": ["04"]}}
    record = {"command": "", "start": "random", "speakers": {"train": train, "dev": dev}}
    (model / "training.json").write_text(json.dumps(record))
    command = ["evaluate", "--data", str(folder), "--model", str(model), "--split"]
    for split, heard in (("all", "2 of these 4"), ("test", "1 of these 3")):
        main([*command, split])
        told = f"warning: {heard} speakers of ravdess trained the model or chose its epoch"
        assert told in capsys.readouterr().err
    train["ravdess"]["speakers"].remove("11")
    (model / "training.json").write_text(json.dumps(record))
    main([*command, "test"])
    assert "trained the model" not in capsys.readouterr().err


@pytest.mark.parametrize(("trains", "is_told"), [("", True), ("anna", False)])
def test_a_given_division_of_unknown_speakers_is_told_to_be_doubtful(
    trains: str, is_told: bool, folder: Path, tmp_path: Path, tiny: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["path,emotion,speaker,split"]
    for actor, speaker, split in (("01", trains, "train"), ("04", "ben", "test")):
        for emotion in ("sad", "angry"):  # under names that do not tell who speaks
            shutil.copy(folder / f"03-01-{RAVDESS[emotion]}-01-01-01-{actor}.wav", tmp_path / f"{emotion} {split}.wav")
            rows.append(f"{emotion} {split}.wav,{emotion},{speaker},{split}")
    (tmp_path / "calls.csv").write_text("\n".join(rows))
    assert main(["evaluate", "--data", str(tmp_path / "calls.csv"), "--split-by", "given", "--model", tiny]) == 0
    told = "warning: calls: of 2 test clips, nobody knows how many are of a speaker who trains too"
    assert (told in capsys.readouterr().err) == is_told


def test_an_emotion_that_no_test_speaker_has_is_told_and_not_drawn_as_missed(table: pd.DataFrame, tiny: str) -> None:
    clips = table[(table["emotion"] != "angry") | (table["split"] == "dev")]
    figures = evaluate(tiny, clips, "test", ignore)
    told = "Emotions without a clip here, which the UAR leaves out: ravdess angry."
    assert told in to_markdown(figures) and told in to_html(figures)
    assert figures.corpora[0].labels == 5 and "angry" not in draw_classes(figures.corpora[0])


def test_recordings_of_unknown_speakers_are_measured(table: pd.DataFrame, tiny: str) -> None:
    evaluation = evaluate(tiny, table.assign(speaker="", gender=""), "test", ignore)
    assert "No interval, as not all speakers are known: ravdess." in to_markdown(evaluation)
    figures = evaluation.corpora[0]
    assert figures.speakers == 0 and figures.intervals is None
    assert [(part.name, part.clips) for part in figures.by_speaker] == [("unknown", 14)]
    assert [part.name for part in figures.by_gender] == ["unknown"]


def test_the_variable_that_names_a_model_names_it_in_the_figures_too(
    table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SER_MODEL", tiny_wav2vec2(tmp_path / "chosen", ["sad", "happy"]))
    assert evaluate(None, table, "test", ignore).model == "chosen"


def loads(page: str) -> list[str]:
    """What a browser would fetch for a page: anything but anchors inside it."""
    addresses = re.findall(r"""(?:src|href|srcset|data)\s*=\s*["']([^"']*)""", page)
    addresses += re.findall(r"url\(([^)]*)\)", page)
    return [address for address in addresses if not address.strip("\"'").startswith("#")]


def test_one_command_writes_figures_tables_and_a_page(
    folder: Path, tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {name: tmp_path / f"{name}.txt" for name in ("output", "markdown", "report")}
    options = [text for name, file in files.items() for text in (f"--{name}", str(file))]
    command = [
        "evaluate",
        "--data",
        str(folder),
        "--model",
        tiny,
        "--emotions",
        "hap,sad,anger",
        "--robustness",
        "--lengths",
    ]
    assert main([*command, *options]) == 1  # one recording was skipped
    printed = capsys.readouterr()
    assert "skipped: 03-01-03-01-01-01-11.wav" in printed.err
    assert files["markdown"].read_text() == printed.out
    assert re.search(r"^\| ravdess \| 8 \| 3 \| 3 \| [\d.]+ \(\d+-\d+\) \| [\d.]+ \|", printed.out, re.MULTILINE)
    assert re.search(r"^\| corpus \| clean \| telephone \| MP3 32 kbit/s \| noise 10 dB \|", printed.out, re.MULTILINE)

    (figures,) = json.loads(files["output"].read_text())["corpora"]
    assert re.search(r"^\| corpus \| 1 s \|", printed.out, re.MULTILINE)
    lengths = [(part["seconds"], part["pieces"]) for part in figures["lengths"]]
    assert lengths[0][0] == 1.0 and lengths[0][1] >= 8 and all(0 <= part["uar"] <= 1 for part in figures["lengths"])
    coverage = [part["coverage"] for part in figures["coverage"]]
    assert coverage == sorted(coverage, reverse=True) and coverage[0] == pytest.approx(7 / 8)
    conditions = {part["condition"]: part for part in figures["robustness"]}
    assert list(conditions) == list(CONDITIONS)
    for part in conditions.values():
        assert part["loss"] == pytest.approx(figures["uar"] - part["uar"], abs=2e-4)
    assert len(files["output"].read_text()) < 10_000

    page = files["report"].read_text()
    assert page.count("<svg") == 7 and "currentColor" in page and loads(page) == []
    assert "<script" not in page and "@import" not in page and "<link" not in page
    assert "03-01-03-01-01-01-11.wav" in page


def test_the_page_escapes_what_recordings_and_models_are_called(evaluation: Evaluation) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    corpus = replace(evaluation.corpora[0], corpus=hostile, by_speaker=(
        replace(evaluation.corpora[0].by_speaker[0], name=hostile),
    ))  # fmt: skip
    page = to_html(replace(evaluation, model=hostile, corpora=(corpus,), skipped=(hostile,), set_aside=(hostile,)))
    assert "<img" not in page


def test_a_corpus_of_which_nothing_is_answered_is_drawn_without_a_line(evaluation: Evaluation) -> None:
    corpus = evaluation.corpora[0]
    silent = replace(corpus, coverage=tuple(replace(part, coverage=0.0, accuracy=1.0) for part in corpus.coverage))
    assert "answered, %" in to_html(replace(evaluation, uncertain_below=0.35, corpora=(silent,)))


def test_lengths_are_drawn_where_the_first_corpus_has_too_little_speech_for_any(evaluation: Evaluation) -> None:
    (row,) = evaluation.corpora
    longer = replace(row, corpus="tess", lengths=(LengthFigures(1.0, 3, 0.5),))
    assert "<h2>Length</h2>" in to_html(replace(evaluation, corpora=(row, longer)))
    assert "<h2>Length</h2>" not in to_html(evaluation)


def test_a_corpus_whose_name_has_a_bar_in_it_keeps_the_columns_of_its_tables(evaluation: Evaluation) -> None:
    named = replace(evaluation, corpora=(replace(evaluation.corpora[0], corpus="my|calls"),))
    rows = [line for line in to_markdown(named).splitlines() if line.startswith("| my")]
    assert rows and all(row.startswith("| my\\|calls |") for row in rows)


def test_names_with_dollar_signs_are_drawn_as_they_are(evaluation: Evaluation) -> None:
    corpus = replace(evaluation.corpora[0], corpus=r"$\frac{$")
    assert r"$\frac{$" in to_html(replace(evaluation, corpora=(corpus,)))


def test_files_that_cannot_be_written_are_found_before_the_long_work(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (tmp_path / "missing" / "report.html", tmp_path):
        assert main(["evaluate", "--data", str(folder), "--report", str(file)]) == 2
        assert str(file) in capsys.readouterr().err


def test_a_disk_that_is_full_in_the_end_does_not_cost_the_figures(
    folder: Path, tmp_path: Path, tiny: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    command = ["evaluate", "--data", str(folder), "--model", tiny, "--output", str(tmp_path / "figures.json")]
    assert main(command) == 1
    printed = capsys.readouterr()
    assert "| ravdess | 14 |" in printed.out and "figures.json: cannot be written (No space left" in printed.err


def test_the_committed_figures_have_the_form_that_is_written_today(evaluation: Evaluation) -> None:
    committed = json.loads((EMBEDDED / "evaluation.json").read_text())
    assert set(committed) <= set(evaluation.to_dict())
    assert set(committed["corpora"][0]) <= set(evaluation.to_dict()["corpora"][0])
