"""`python -m ser_demo corpora`: the tables, the report, and what the arguments choose."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_demo.cli import main
from tests.recordings import at_16_khz


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three speakers of two emotions, one copy, one broken file, one that nobody knows, one of another emotion."""
    folder = tmp_path_factory.mktemp("recordings") / "my <b>voices $x$"
    agent, customer = at_16_khz("call_two_channels.flac")
    for number, speaker in enumerate(("anna", "ben", "carla"), start=1):
        for emotion, sound in (("angry", agent[8_000:32_000]), ("happy", customer[95_000:119_000])):
            (folder / speaker / emotion).mkdir(parents=True)
            soundfile.write(folder / speaker / emotion / f"{number}.wav", np.roll(sound, 100 * number), 16_000)
    (folder / "anna/angry/again.wav").write_bytes((folder / "anna/angry/1.wav").read_bytes())
    (folder / "anna/angry/broken.wav").write_bytes(b"broken")
    (folder / "holiday.wav").write_bytes(b"broken")
    return folder


def test_the_tables_tell_what_there_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpora", str(folder)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for expected in (
        "happy angry all my <b>voices $x$ 3 5 8",
        "speakers women men gender unknown languages sentences my <b>voices $x$ 3 0 0 3 unknown 0",
        "train dev test train speakers dev speakers test speakers my <b>voices $x$",
        "0 % are of a speaker who trains",
        "my <b>voices $x$, clips by speaker: anna 4, ben 2, carla 2",
        "set aside, double: 1: again.wav (1.wav)",
        "set aside, unreadable: 1: broken.wav (it is not an audio file",
        "passed over, nothing tells their emotion: 1 (holiday.wav)",
    ):
        assert expected in printed, printed


def test_the_report_holds_everything_itself(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.html"
    assert main(["corpora", str(folder), "--report", str(report)]) == 0
    page = report.read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:image/png;base64).{20}""", page) and "@import" not in page
    assert page.count("<svg") == 5 + 2 and page.count("</svg>") == 7
    assert "my &lt;b&gt;voices $x$" in page and "<b>" not in page
    assert "currentColor" in page and "#010203" not in page
    assert "<td>anna</td><td>1</td><td>3</td><td>4</td>" in page  # happy, angry, all
    assert "<h3>angry</h3>" in page and "anna" in page and "holiday.wav" in page and ">nan<" not in page


def test_emotions_are_chosen_and_mapped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpora", str(folder), "--map", "happy=delighted", "--emotions", "delighted"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "delighted all my <b>voices $x$ 3 3" in printed and "not chosen: angry (5)" in printed
    for none in ("", " , "):  # as of a variable that is not set
        with pytest.raises(SystemExit, match="2"):
            main(["corpora", str(folder), "--emotions", none])
        assert f"{none!r} names no emotion" in capsys.readouterr().err
    assert main(["corpora", str(folder), "--emotions", "bored"]) == 1
    assert "error: --emotions: there is no bored. The recordings are labelled angry (5)" in capsys.readouterr().err
    for wrong in ("happy", "happy=", "=", "a=b=c"):
        with pytest.raises(SystemExit, match="2"):
            main(["corpora", str(folder), "--map", wrong])
        assert "not of the form" in capsys.readouterr().err


def test_who_has_other_emotions_than_the_eight_learns_how_to_keep_them(folder: Path, capsys) -> None:
    rows = ["anna/angry/1.wav,angry", "ben/angry/2.wav,angry"]
    (folder / "mine.csv").write_text("\n".join(["path,emotion", *rows, "carla/happy/3.wav,fröhlich"]), encoding="utf-8")
    assert main(["corpora", str(folder / "mine.csv")]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "not chosen: fröhlich (1) to take them in, name all emotions that you want by --emotions" in printed
    assert main(["corpora", str(folder / "mine.csv"), "--emotions", "angry"]) == 0
    assert "to take them in" not in capsys.readouterr().out


def test_columns_of_a_list_that_are_not_used_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As of a speaker's column of an odd name, of pieces of recordings, and of a division that was made already."""
    lines = ["path,emotion,speaker,talker,start,split"]
    for number, speaker in enumerate(("anna", "ben", "carla"), start=1):
        lines += [f"{speaker}/{emotion}/{number}.wav,{emotion},{speaker},x,0,train" for emotion in ("angry", "happy")]
    (folder / "mine.csv").write_text("\n".join(lines))
    assert main(["corpora", str(folder / "mine.csv")]) == 0
    printed = capsys.readouterr().out
    assert "not used, columns other than path, corpus, speaker" in printed
    assert "split: talker, start; recordings are heard as a whole" in printed
    assert "not used, the column split: recordings are divided by speaker; --split-by given follows it" in printed
    main(["corpora", str(folder / "mine.csv"), "--split-by", "given"])
    assert "the column split" not in capsys.readouterr().out
    (folder / "mine.csv").unlink()


def test_recordings_that_cannot_be_divided_are_still_shown(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["corpora", str(folder / "anna"), "--report", str(tmp_path / "report.html")]) == 0
    printed = capsys.readouterr().out
    assert "clips of unknown speakers" in printed and "cannot be divided: anna: the speaker of 4 of 4" in printed
    assert "<h2>Division</h2>" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_corpus_that_is_too_small_to_be_divided_is_told_beside_the_table(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["path,emotion,speaker,corpus"]
    for number, speaker in enumerate(("anna", "ben", "carla"), start=1):
        rows += [f"{folder}/{speaker}/{e}/{number}.wav,{e},{speaker},own" for e in ("angry", "happy")]
    for speaker in ("dora", "emil"):
        shutil.copy(folder / "anna" / "angry" / "1.wav", tmp_path / f"{speaker}.wav")
        rows.append(f"{speaker}.wav,angry,{speaker},few")
    (tmp_path / "both.csv").write_text("\n".join(rows))
    assert main(["corpora", str(tmp_path / "both.csv")]) == 0
    printed = capsys.readouterr().out
    assert "few: too small to be divided by speaker (2 speakers, 2 clips): all of it trains" in printed
    assert "cannot be divided" not in printed and "own: too small" not in printed


def test_nothing_usable_still_gives_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "angry").mkdir()
    (tmp_path / "angry/broken.wav").write_bytes(b"broken")
    assert main(["corpora", str(tmp_path), "--split-by", "random", "--report", str(tmp_path / "report.html")]) == 0
    assert "set aside, unreadable: 1" in capsys.readouterr().out
    assert "broken.wav" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_is_refused_before_the_work(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["corpora", str(folder), "--report", str(tmp_path / "nowhere" / "report.html")]) == 2
    assert "its folder does not exist" in capsys.readouterr().err
    assert main(["corpora", str(folder), "--report", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert "is a folder" in printed.err and printed.out == ""
