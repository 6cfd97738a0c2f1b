"""A folder of recordings from the shell: what is kept, what is named, and how a stopped run goes on."""

import contextlib
import csv
import json
import os
import resource
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from recordings import CALL, EXAMPLES
from safetensors.torch import load_file, save_file

from ser_demo import EmotionRecognizer
from ser_demo.batch import ResultFolder
from ser_demo.cli import main
from ser_demo.result import Audio, Channel, Model, Result, Segment

ROOT = EXAMPLES.parent
SAD = EXAMPLES / "sad_voice.flac"


def results(output: Path) -> dict[str, dict]:
    return {path.relative_to(output).as_posix(): json.loads(path.read_text()) for path in output.rglob("*.json")}


def test_each_recording_has_its_file_and_the_table_has_all(folder: Path, tmp_path: Path, capsys) -> None:
    output = tmp_path / "out" / "new"
    assert main(["batch", str(folder), str(output)]) == 1
    recognizer = EmotionRecognizer()
    call, sad = recognizer.recognize(CALL), recognizer.recognize(SAD)
    assert results(output) == {"call.flac.json": call.to_dict(), "week 1/sad.flac.json": sad.to_dict()}
    with open(output / "results.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows if not row["start"]] == ["call.flac", "call.flac", "week 1/sad.flac"]
    first, last = capsys.readouterr().err.strip().splitlines()
    assert first.startswith("error: broken.wav: it is not an audio file") and last.startswith("2 of 3 recordings")
    assert not list(output.rglob("*.part"))


def test_what_is_done_is_not_done_again_and_what_failed_is_tried_again(folder: Path, tmp_path: Path, capsys) -> None:
    output = tmp_path / "out"
    assert main(["batch", str(folder), str(output)]) == 1
    done = {path: path.stat().st_mtime_ns for path in output.rglob("*.json")}
    (folder / "broken.wav").write_bytes(SAD.read_bytes())
    ours = json.loads((output / "call.flac.json").read_text())
    ours["channels"][0]["scores"][0]["emotion"] = None  # something else has written there
    (output / "call.flac.json").write_text(json.dumps(ours))
    assert main(["batch", str(folder), str(output)]) == 0
    again = {path for path in output.rglob("*.json") if done.get(path) != path.stat().st_mtime_ns}
    assert again == {output / "broken.wav.json", output / "call.flac.json"}
    assert "1 of 3 recordings are done already" in capsys.readouterr().err


def test_a_recording_that_was_replaced_is_done_again_and_its_old_result_is_not_in_the_table(
    folder: Path, tmp_path: Path, capsys
) -> None:
    output, (call, sad) = tmp_path / "out", (folder / "call.flac", folder / "week 1" / "sad.flac")
    main(["batch", str(folder), str(output)])
    later = (output / "call.flac.json").stat().st_mtime + 5
    call.write_bytes(SAD.read_bytes())
    sad.write_text("cut off while it was replaced")
    for path in (call, sad):
        os.utime(path, (later, later))
    assert main(["batch", str(folder), str(output)]) == 1
    assert json.loads((output / "call.flac.json").read_text()) == EmotionRecognizer().recognize(SAD).to_dict()
    with open(output / "results.csv") as file:
        assert {row["file"] for row in csv.DictReader(file)} == {"call.flac"}
    assert "sad.flac: it is not an audio file" in capsys.readouterr().err


def test_another_model_does_everything_again(folder: Path, tmp_path: Path) -> None:
    from test_other_checkpoints import tiny_wav2vec2

    output = tmp_path / "out"
    main(["batch", str(folder), str(output)])
    main(["batch", str(folder), str(output), "--model", tiny_wav2vec2(tmp_path / "other", ["hap", "ang"])])
    assert {content["model"]["name"] for content in results(output).values()} == {"other"}


def test_the_table_spells_another_models_emotions_as_the_model_does(tmp_path: Path) -> None:
    from test_other_checkpoints import tiny_wav2vec2

    other = tiny_wav2vec2(tmp_path / "other", ["hap", "LABEL_3"])
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "sad.flac").write_bytes(SAD.read_bytes())
    assert main(["batch", str(tmp_path / "in"), str(tmp_path / "out"), "--model", other]) == 0
    table = tmp_path / "alone.csv"
    assert main(["recognize", str(SAD), "--model", other, "--format", "csv", "--output", str(table)]) == 0
    (header, *rows), (of_batch, *rows_of_batch) = (
        list(csv.reader(file.read_text().splitlines())) for file in (table, tmp_path / "out" / "results.csv")
    )
    assert of_batch == header and "LABEL_3" in header
    assert [row[1:] for row in rows_of_batch] == [row[1:] for row in rows]


def test_another_training_in_a_folder_of_the_same_name_does_everything_again(folder: Path, tmp_path: Path) -> None:
    from test_other_checkpoints import tiny_wav2vec2

    first, second = (tiny_wav2vec2(tmp_path / where / "mine", ["hap", "ang"]) for where in ("first", "second"))
    weights = load_file(Path(second, "model.safetensors"))
    weights["classifier.bias"] += 1 - 2 * weights["classifier.bias"].argsort()
    save_file(weights, Path(second, "model.safetensors"), {"format": "pt"})
    output = tmp_path / "out"
    main(["batch", str(folder), str(output), "--model", first])
    before = results(output)
    main(["batch", str(folder), str(output), "--model", second])
    for name, content in results(output).items():
        assert content["channels"][0]["scores"] != before[name]["channels"][0]["scores"]
        assert content["model"]["name"] == before[name]["model"]["name"] == "mine"


def test_a_result_that_the_disk_has_no_room_for_leaves_no_part_of_it(folder: Path, tmp_path: Path, capsys) -> None:
    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, room[1]))  # fails a write as a full disk does
    try:
        assert main(["batch", str(folder), str(tmp_path / "out")]) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)
    assert "cannot be written (File too large)" in capsys.readouterr().err
    assert [path for path in (tmp_path / "out").rglob("*") if path.suffix == ".part"] == []


def test_the_table_of_many_results_takes_little_memory(tmp_path: Path) -> None:
    scores = {"sad": 0.5, "happy": 0.25, "angry": 0.25}
    segments = tuple(Segment(5.0 * number, 5.0 * number + 5, scores) for number in range(100))
    model = Model("some-model", "1")
    result = Result((Channel(0, 500.0, scores, segments, ()),), Audio(500.0, 16_000, 1), model)
    folder = ResultFolder(tmp_path, tmp_path, model, list(scores))
    recordings = [f"{number}.wav" for number in range(100)]
    for recording in recordings:
        folder.add(recording, result)
    tracemalloc.start()
    try:
        folder.write_table(recordings)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "results.csv").read_text().count("\n") == 1 + 100 * 101
    assert most < 1_000_000  # bytes: of a result or two, not of a hundred


def test_a_recording_whose_name_is_no_utf_8_has_its_row(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/in/caf\xe9.flac")).write_bytes(SAD.read_bytes())
    assert main(["batch", str(tmp_path / "in"), str(tmp_path / "out")]) == 0
    with open(tmp_path / "out" / "results.csv", encoding="utf-8") as file:
        assert {row["file"] for row in csv.DictReader(file)} == {"caf?.flac"}


def test_a_name_that_is_too_long_costs_no_other_recording(tmp_path: Path, capsys) -> None:
    longest = os.pathconf(tmp_path, "PC_NAME_MAX") if hasattr(os, "pathconf") else 255
    too_long, just_fits = "a" * (longest - 6) + ".flac", "b" * (longest - 10) + ".flac"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / too_long).write_bytes(b"no audio, which nobody finds out as there is no place for a result")
    (tmp_path / "in" / just_fits).write_bytes(SAD.read_bytes())
    assert main(["batch", str(tmp_path / "in"), str(tmp_path / "out")]) == 1
    assert list(results(tmp_path / "out")) == [f"{just_fits}.json"]
    assert f"error: {too_long}: its name is too long" in capsys.readouterr().err
    assert f"\n{just_fits}," in (tmp_path / "out" / "results.csv").read_text()


def test_ctrl_c_keeps_what_is_done_and_the_same_command_ends_it(folder: Path, tmp_path: Path) -> None:
    for number in range(6):
        (folder / f"{number}.flac").write_bytes(CALL.read_bytes())
    output = tmp_path / "out"
    command = [sys.executable, "-m", "ser_demo", "batch", str(folder), str(output)]
    run = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        while run.poll() is None and len(list(output.rglob("*.json"))) < 2:
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.wait(0.05)
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=30)
    finally:
        run.kill()
    kept = results(output)
    assert run.returncode == 130 and 2 <= len(kept) < 8, errors
    assert f"stopped; {len(kept)} of 9 recordings are done" in errors
    with open(output / "results.csv") as file:
        assert len({row["file"] for row in csv.DictReader(file)}) == len(kept)
    assert main(["batch", str(folder), str(output)]) == 1
    assert len(results(output)) == 8 and results(output).items() >= kept.items()


def test_wrong_usage_is_said(tmp_path: Path, capsys) -> None:
    assert main(["batch", str(tmp_path / "nowhere"), str(tmp_path / "out")]) == 2
    assert "nowhere: there is no such folder" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["batch", str(EXAMPLES), str(tmp_path / "file" / "out")]) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content"),
    [("call.flac.json", '{"transcript": "dear"}'), ("call.flac.json", "dear"), ("results.csv", "subject,score\n1,2\n")],
)
def test_files_of_others_are_not_overwritten(name: str, content: str, folder: Path, capsys) -> None:
    """As transcripts beside the recordings, where results are to lie there too."""
    (folder / name).write_text(content)
    assert main(["batch", str(folder), str(folder)]) == 1
    assert f"{name}: is of something else" in capsys.readouterr().err
    assert (folder / name).read_text() == content and not (folder / "week 1" / "sad.flac.json").exists()


def test_a_folder_without_recordings_is_said(tmp_path: Path, capsys) -> None:
    (tmp_path / "in").mkdir()
    assert main(["batch", str(tmp_path / "in"), str(tmp_path / "out")]) == 1
    assert f"error: {tmp_path / 'in'}: there are no recordings in it" in capsys.readouterr().err


def test_a_sub_folder_that_may_not_be_read_is_named_and_the_rest_is_done(
    closed: Path, folder: Path, tmp_path: Path, capsys
) -> None:
    (folder / "broken.wav").unlink()
    assert main(["batch", str(folder), str(tmp_path / "out")]) == 1
    assert f"error: {closed}: this folder may not be read" in capsys.readouterr().err
    assert list(results(tmp_path / "out")) == ["call.flac.json"]
