"""The shell: what is printed, where errors go, and the exit codes."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from recordings import CALL, EXAMPLES

from ser_demo import EmotionRecognizer
from ser_demo.cli import main
from ser_demo.result import csv_text

SAD = str(EXAMPLES / "sad_voice.flac")


def test_the_table_shows_both_channels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recognize", str(CALL)]) == 0
    output = capsys.readouterr().out
    result = EmotionRecognizer().recognize(CALL)
    for channel in result.channels:
        expected = f"channel {channel.channel_number}: {channel.emotion}, {channel.speech_length:.1f} s of speech"
        assert expected in output


def test_json_of_one_file_is_its_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recognize", str(CALL), "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [c["channel_number"] for c in printed["channels"]] == [0, 1]
    assert len(printed["channels"][0]["scores"]) == 8


def test_a_recording_comes_through_a_pipe() -> None:
    command = [sys.executable, "-m", "ser_demo", "recognize", "-", "--format", "csv"]
    root = EXAMPLES.parent
    told = subprocess.run(command, input=CALL.read_bytes(), capture_output=True, cwd=root, check=True).stdout.decode()
    assert told == csv_text([("standard input", EmotionRecognizer().recognize(CALL))])
    nothing = subprocess.run(command, input=b"", capture_output=True, cwd=root)
    assert nothing.returncode == 1 and nothing.stderr.decode().startswith("error: standard input: it is empty")


def test_basic_emotions_are_four(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recognize", SAD, "--format", "json", "--emotions", "basic"]) == 0
    scores = json.loads(capsys.readouterr().out)["channels"][0]["scores"]
    assert {entry["emotion"] for entry in scores} == {"HAPPY", "NEUTRAL", "SAD", "ANGRY"}


def test_bad_files_are_named_and_cost_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("this is no recording")
    files = [str(tmp_path / "empty.wav"), SAD, str(tmp_path / "text.wav"), str(tmp_path / "missing.wav")]
    output = tmp_path / "out.csv"
    assert main(["recognize", *files, "--format", "csv", "--output", str(output)]) == 1
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 3
    for line, file in zip(errors, [files[0], files[2], files[3]], strict=True):
        assert line.startswith(f"error: {file}: ")
    rows = list(csv.DictReader(io.StringIO(output.read_text())))
    assert {row["file"] for row in rows} == {SAD}
    assert rows[0]["emotion"] and float(rows[1]["end"]) > float(rows[1]["start"])


def test_json_of_several_files_names_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recognize", SAD, str(EXAMPLES / "hold_music.ogg"), "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [Path(entry["file"]).name for entry in printed] == ["sad_voice.flac", "hold_music.ogg"]
    assert printed[1]["channels"][0]["scores"] == []


def test_an_output_folder_that_is_missing_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recognize", SAD, "--output", str(tmp_path / "no" / "out.csv")]) == 2
    assert "folder does not exist" in capsys.readouterr().err


def test_an_output_that_is_a_folder_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recognize", SAD, "--output", str(tmp_path)]) == 2
    assert f"{tmp_path}: is a folder" in capsys.readouterr().err


def test_a_recording_is_not_overwritten_by_its_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording, content = tmp_path / "sad.flac", Path(SAD).read_bytes()
    recording.write_bytes(content)
    (tmp_path / "link").symlink_to(recording)
    assert main(["recognize", SAD, str(recording), "--output", str(tmp_path / "link")]) == 2
    assert "link: is to be read as well" in capsys.readouterr().err and recording.read_bytes() == content


@pytest.mark.parametrize(
    "command", [["corpora", "--report"], *(["evaluate", to] for to in ("--output", "--markdown", "--report"))]
)
def test_a_list_of_recordings_is_not_overwritten_by_what_is_found(tmp_path, capsys, command) -> None:
    calls = tmp_path / "calls.csv"
    calls.write_text(f"path,emotion,speaker\n{SAD},sad,anna\n", encoding="utf-8")
    content = calls.read_bytes()
    name, option = command
    source = [str(calls)] if name == "corpora" else ["--data", str(calls), "--split", "all"]
    assert main([name, *source, option, str(calls)]) == 2
    assert "calls.csv: is to be read as well" in capsys.readouterr().err and calls.read_bytes() == content


def test_two_results_in_one_file_are_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ["--output", str(tmp_path / "figures"), "--report", f"{tmp_path}/./figures"]
    assert main(["evaluate", "--data", str(tmp_path), *wanted]) == 2
    assert "figures: is asked for twice" in capsys.readouterr().err


def test_an_output_that_may_not_be_written_is_said_before_the_work(tmp_path: Path, capsys, monkeypatch) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "old.csv").write_text("")
    closed, access = {str(tmp_path / "closed"), str(tmp_path / "old.csv")}, os.access
    # chmod does not stop the superuser, who runs many test machines
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) not in closed and access(path, mode))
    for file in (tmp_path / "closed" / "new.csv", tmp_path / "old.csv"):
        assert main(["recognize", str(tmp_path / "missing.wav"), "--output", str(file)]) == 2
        assert capsys.readouterr().err == f"error: {file}: may not be written. Name another file.\n"
    assert main(["batch", str(EXAMPLES), str(tmp_path / "closed")]) == 1
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'closed'}: cannot be written (Permission denied)")


@pytest.mark.parametrize("format_", ["json", "csv", "table"])
def test_earlier_results_outlast_a_run_without_any(format_: str, tmp_path: Path) -> None:
    output = tmp_path / "keep"
    output.write_text("of yesterday")
    assert main(["recognize", str(tmp_path / "missing.wav"), "--format", format_, "--output", str(output)]) == 1
    assert output.read_text() == "of yesterday"


def test_an_output_that_links_to_itself_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert main(["recognize", SAD, "--output", str(tmp_path / "loop")]) == 1
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'loop'}: cannot be written (")


def test_a_full_disk_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recognize", SAD, "--output", "/dev/full"]) == 1
    assert capsys.readouterr().err.startswith("error: /dev/full: cannot be written (No space left on device)")


@pytest.mark.parametrize("format_", ["json", "csv", "table"])
def test_a_name_that_is_no_utf_8_is_shown_as_far_as_it_goes(
    format_: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.flac"))
    odd.write_bytes(Path(SAD).read_bytes())
    output = tmp_path / "out"
    assert main(["recognize", str(odd), SAD, "--format", format_, "--output", str(output)]) == 0
    assert "caf?.flac" in output.read_text(encoding="utf-8")
    assert main(["recognize", str(odd), SAD, "--format", format_]) == 0
    assert "caf?.flac" in capsys.readouterr().out


def test_a_terminal_is_given_no_orders_by_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "a\x1b]0;title\x07.flac", tmp_path / "b\x1b[2J\n.flac"
    good.write_bytes(Path(SAD).read_bytes())
    bad.write_bytes(b"")
    assert main(["recognize", str(good), str(bad)]) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith(f"{tmp_path}/a?]0;title?.flac  (")
    assert printed.err.startswith(f"error: {tmp_path}/b?[2J?.flac: it is empty") and "\x1b" not in printed.err


def test_an_empty_name_is_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recognize", ""]) == 1
    assert capsys.readouterr().err == 'error: "": there is no such file. Check the name and the folder.\n'


def test_a_reader_that_has_enough_ends_it_without_a_trace() -> None:
    command = f"{sys.executable} -m ser_demo recognize {SAD} {SAD} --format csv | head -n 0"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=Path(SAD).parent.parent)
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_disk_that_is_full_is_told_without_a_trace() -> None:
    command = [sys.executable, "-m", "ser_demo", "recognize", SAD]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=Path(SAD).parent.parent)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "error: No space left on device. Make room, and try again."


@pytest.mark.parametrize("arguments", [[], ["recognize"], ["sing"], ["recognize", SAD, "--format", "xml"]])
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2


@pytest.mark.parametrize(
    "command", ["recognize", "batch", "serve", "corpora", "finetune", "average", "evaluate", "publish"]
)
def test_help_teaches_without_loading_torch(command: str) -> None:
    code = f"import sys; sys.argv = ['ser_demo', {command!r}, '--help']\nfrom ser_demo.cli import main\n"
    code += "try: main()\nexcept SystemExit: print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=EXAMPLES.parent, capture_output=True, text=True, check=True)
    assert "usage: python -m ser_demo" in run.stdout
    assert run.stdout.strip().endswith("False")


def test_a_bad_setting_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SER_MAX_SECONDS", "soon")
    assert main(["recognize", SAD]) == 1
    error = capsys.readouterr().err
    assert "SER_MAX_SECONDS" in error and len(error.strip().splitlines()) == 1
