"""The tab "Many recordings" without a browser: its words, its table, and the files that it gives."""

import csv
import io
import json
import re
import shutil
import zipfile
from base64 import b64decode
from html import unescape
from pathlib import Path

import gradio as gr
import pytest
from gradio.utils import get_upload_folder
from recordings import EXAMPLES

from ser_demo import EmotionRecognizer
from ser_demo.classifier import ModelError
from ser_demo.errors import NotAudioError
from ser_demo.models import Models
from ser_demo.result import Audio, Channel, Model, Result, Segment
from ser_demo.settings import Limits, Settings
from ser_demo.ui.many import _analyse_function, _chosen
from ser_demo.ui.many_view import MOST, drop_html, files_html, progress_html, summary_html, table_html, zip_of
from ser_demo.ui.pile import Done, Look, Pile, Upload
from ser_demo.ui.running import Running
from ser_demo.ui.uploads import NotSentError

ANGRY, SAD = {"angry": 0.7, "sad": 0.3}, {"sad": 0.6, "angry": 0.4}


def voice(number: int, scores: dict) -> Channel:
    segments = (Segment(0.0, 4.0, scores),) if scores else ()
    return Channel(
        number,
        4.0 if scores else 0.1,
        scores,
        segments,
        () if scores else ("not enough speech: 0.1 s found, 0.5 s in one stretch needed",),
    )


def good(file: str, *voices: dict) -> Done:
    channels = tuple(voice(number, scores) for number, scores in enumerate(voices))
    return Done(file, Result(channels, Audio(9.0, 16_000, len(channels)), Model("tiny", "1")), None)


BROKEN = Done("broken.wav", None, NotAudioError("broken.wav", "it is not an audio file", "Choose another"))
OURS = Done("odd.wav", None, None)
ALL = (good("call.wav", ANGRY, SAD), BROKEN, good("quiet.wav", {}), OURS)


def look(done=ALL, total=10, left=None, is_over=False) -> Look:
    return Look(tuple(done), total, len(done) / total, left, is_over)


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).replace("\u00a0", " ").split())


def test_a_name_with_half_a_character_spoils_no_files() -> None:
    [lost] = _chosen(gr.EventData(None, {"files": [{"name": "week/a\udce4b.wav", "why": "lost"}]}))
    assert isinstance(lost, Done) and lost.file == "week/a?b.wav"
    assert "a?b.wav" in table_html([lost], "en") and "emotions.zip" in files_html([lost], "en")


def test_progress_tells_what_is_done_what_failed_and_what_is_left() -> None:
    assert plain(progress_html(look((), 30), "en")) == "0 of 30 done"
    assert plain(progress_html(look(left=190), "en")) == "4 of 10 done · 2 failed · about 3 min left"
    assert plain(progress_html(look(left=44), "de")) == "4 von 10 fertig · 2 fehlgeschlagen · noch etwa 40 s"
    assert plain(progress_html(look(left=0.2), "en")).endswith("about 1 s left")
    assert plain(progress_html(look(total=4, is_over=True), "en")) == "4 of 4 done · 2 failed"
    assert plain(progress_html(look(is_over=True), "en")) == "Stopped: 4 of 10 are done and kept · 2 failed"
    assert 'aria-valuenow="40"' in progress_html(look(), "en")


def test_the_summary_counts_voices_by_their_main_emotion() -> None:
    done = [good("a.wav", ANGRY, SAD), good("b.wav", ANGRY), good("c.wav", {}), BROKEN]
    summary = summary_html(done, "en")
    assert re.findall(r'<th scope="row">(.*?)</th>.*?<td>(\d+)</td>', summary) == [
        ("sad", "1"),
        ("angry", "2"),
        ("too little speech", "1"),
    ]
    assert "Main emotion of 4 voices" in plain(summary) and "width:100.0%" in summary
    assert summary_html([BROKEN], "en") == ""


def test_the_table_has_a_row_for_each_voice_and_each_failure() -> None:
    rows = re.findall(r"<tr.*?</tr>", table_html(ALL, "en").partition("<tbody>")[2])
    assert [plain(row) for row in rows] == [
        "call.wav Left angry 70 % 4.0 s",
        "call.wav Right sad 60 % 4.0 s",
        "broken.wav It is not an audio file. Choose another.",
        "quiet.wav 0.1 s Not enough speech: 0.1 s found, 0.5 s in one stretch needed.",
        "odd.wav Sorry, something went wrong on our side, not with your recording. Please try again.",
    ]
    assert [re.findall('data-value="(.*?)"', row) for row in rows] == [
        ["0.7000", "4.00"],
        ["0.6000", "4.00"],
        [],
        ["0.10"],
        [],
    ]
    assert "keine Tondatei" in plain(table_html(ALL, "de")) and "broken.wav:" not in plain(table_html(ALL, "de"))
    assert table_html([], "en") == ""


def test_hostile_names_are_shown_as_text() -> None:
    name = '<img src=x onerror="alert(1)">.wav'
    hostile = (good(name, {name: 1.0}), Done(name, None, NotAudioError(name, name, name)))
    for html in (table_html(hostile, "en"), summary_html(hostile, "en"), files_html(hostile, "en")):
        assert "<img" not in html


def test_the_files_hold_every_result_and_every_reason() -> None:
    links = re.findall(r'download="(.*?)" href="data:(.*?);base64,(.*?)"', files_html(ALL, "en"))
    (csv_name, _, table), (zip_name, _, archive) = links
    assert (csv_name, zip_name) == ("emotions.csv", "emotions.zip")
    rows = list(csv.DictReader(io.StringIO(b64decode(table).decode())))
    assert [(row["file"], row["channel"]) for row in rows if not row["start"]] == [
        ("call.wav", "0"),
        ("call.wav", "1"),
        ("quiet.wav", "0"),
    ]
    with zipfile.ZipFile(io.BytesIO(b64decode(archive))) as files:
        found = {name: json.loads(files.read(name)) for name in files.namelist()}
    assert found["call.wav.json"] == ALL[0].result.to_dict()
    assert found["broken.wav.json"] == {"channels": [], "error": "it is not an audio file. Choose another."}
    assert len(found) == 4 and files_html([], "en") == ""


def test_files_of_the_same_name_do_not_replace_each_other() -> None:
    with zipfile.ZipFile(io.BytesIO(zip_of([good("a.wav", ANGRY), good("a.wav", SAD)]))) as files:
        assert files.namelist() == ["a.wav.json", "a (2).wav.json"]


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["a.wav", "a.wav", "a (2).wav"], ["a.wav", "a (2).wav", "a (2) (2).wav"]),
        (["a (2).wav", "a.wav", "a.wav"], ["a (2).wav", "a.wav", "a (3).wav"]),
        (["x/a.wav", "x/A.WAV"], ["x/a.wav", "x/A (2).WAV"]),
    ],
)
def test_the_number_of_a_name_that_was_given_twice_is_no_other_s(names: list[str], kept: list[str]) -> None:
    with zipfile.ZipFile(io.BytesIO(zip_of([good(name, ANGRY) for name in names]))) as files:
        assert files.namelist() == [f"{name}.json" for name in kept]


def test_no_recordings_and_too_many_are_refused(recognizer) -> None:
    analyse = _analyse_function(Models(Settings(), recognizer), Running(gr.Blocks()))
    with pytest.raises(gr.Error, match="No recordings chosen"):
        next(analyse(None, "ser-demo-whisper", None))
    with pytest.raises(gr.Error, match=f"at most {MOST}"):
        next(analyse(["a.wav"] * (MOST + 1), "ser-demo-whisper", None))


def test_a_model_that_cannot_be_had_is_named(recognizer, monkeypatch: pytest.MonkeyPatch) -> None:
    models = Models(Settings(), recognizer)

    def fail(name: str) -> None:
        raise ModelError("other: its weights are damaged. Download it again.")

    monkeypatch.setattr(models, "recognizer", fail)
    with pytest.raises(gr.Error, match="its weights are damaged"):
        next(_analyse_function(models, Running(gr.Blocks()))([Upload(Path("a.wav"), "a.wav")], "other", None))


def test_only_uploads_can_be_analysed(tmp_path) -> None:
    folder = Path(get_upload_folder()) / "test_many_tab"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.wav").write_text("")
    paths = [str(folder / "a.wav"), "/etc/passwd", f"{folder}/../../../etc/passwd", str(folder), None]
    found, *others = _chosen(gr.EventData(None, {"files": [{"name": "b.wav", "path": path} for path in paths]}))
    assert found == Upload((folder / "a.wav").resolve(), "b.wav")
    assert [(type(other.error), other.file) for other in others] == [(NotSentError, "b.wav")] * 4
    shutil.rmtree(folder)


def test_recordings_of_one_name_are_told_apart_by_their_folders(recognizer: EmotionRecognizer) -> None:
    folder = Path(get_upload_folder()) / "test_many_tab_names"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(EXAMPLES / "sad_voice.flac", folder / "000.flac")
    names = ("calls/monday/000.flac", "../calls//tuesday/000.flac", "..")
    sent = [{"name": name, "path": str(folder / "000.flac")} for name in names]
    pile = Pile(recognizer, _chosen(gr.EventData(None, {"files": sent})), lambda: True)
    pile.start()
    done = pile.wait(60).done
    shutil.rmtree(folder)
    assert [one.file for one in done] == ["calls/monday/000.flac", "calls/tuesday/000.flac", "recording"]
    with zipfile.ZipFile(io.BytesIO(zip_of(done))) as files:
        assert files.namelist() == [f"{one.file}.json" for one in done]


def test_what_was_not_sent_has_a_row_with_its_reason() -> None:
    files = [{"name": "../big.wav", "why": "large"}, {"name": "gone.wav", "why": "lost"}]
    chosen = _chosen(gr.EventData(None, {"files": files}))
    text = plain(table_html(chosen, "en"))
    assert "big.wav It is larger than this server takes. Split it" in text and ".." not in text
    assert "gone.wav It could not be sent to the server. Choose it again." in text
    assert "ließ sich nicht übertragen" in plain(table_html(chosen, "de"))


def test_the_frame_has_what_the_script_looks_for() -> None:
    frame = drop_html(Limits(), "de")
    for name in ("choose", "folder", "clear", "files", "directory", "state"):
        assert frame.count(f'data-many="{name}"') == 1
    assert "{count} ausgewählt." in json.loads(unescape(re.search(r'data-words="(.*?)"', frame).group(1)))["chosen"]
    assert ".m4a .m4b " in frame and 'data-most="1000"' in frame
