"""Data sets of the Hub, downloaded by the real client from a Hub on the loopback."""

import csv
import io
import json
import os
import resource
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import datasets
import pytest
from hub_server import HubServer, Repository

from ser_demo.corpora.data_sets import read_data_set
from ser_demo.errors import SerError

SPLITS = {"train": "02", "validation": "04", "test": "01"}  # actors of the fixture `corpora`
EMOTIONS = {"02": "relaxed", "05": "anger"}


def clips(corpora: Path, actor: str) -> list[Path]:
    return sorted(corpora.glob(f"03-01-*-{actor}.wav"))


def as_parquet(corpora: Path) -> dict[str, bytes]:
    """What `push_to_hub` of the library makes: one table per split, which holds the files themselves."""
    features = datasets.Features(
        audio={"bytes": datasets.Value("binary"), "path": datasets.Value("string")},
        label=datasets.ClassLabel(names=list(EMOTIONS.values())),
        speaker_id=datasets.Value("int64"),
    )
    files = {}
    for split, actor in SPLITS.items():
        rows = [
            {
                "audio": {"bytes": clip.read_bytes(), "path": f"clip {clip.name[6:]}"},
                "label": EMOTIONS[clip.name[6:8]],
                "speaker_id": int(actor),
            }
            for clip in clips(corpora, actor)
        ]
        part = datasets.Dataset.from_list(rows, features).cast_column("audio", datasets.Audio(16_000))
        file = io.BytesIO()
        part.to_parquet(file)
        files[f"data/{split}-00000-of-00001.parquet"] = file.getvalue()
    return files


def as_folders(corpora: Path) -> dict[str, bytes]:
    """What people upload by hand: audio files beside a list of them."""
    files = {}
    for split, actor in SPLITS.items():
        table = io.StringIO()
        lines = csv.writer(table)
        lines.writerow(["file_name", "emotion", "speaker"])
        for clip in clips(corpora, actor):
            lines.writerow([clip.name[6:], EMOTIONS[clip.name[6:8]], f"anna {actor}"])
            files[f"{split}/{clip.name[6:]}"] = clip.read_bytes()
        files[f"{split}/metadata.csv"] = table.getvalue().encode()
    return files


def as_archives(corpora: Path) -> dict[str, bytes]:
    """WebDataset: archives of recordings, each beside a JSON file of the same name."""
    files = {}
    for split, actor in SPLITS.items():
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as archive:
            for clip in clips(corpora, actor):
                labels = {"emotion": EMOTIONS[clip.name[6:8]], "speaker": f"anna {actor}"}
                for suffix, text in ((".wav", clip.read_bytes()), (".json", json.dumps(labels).encode())):
                    member = tarfile.TarInfo(f"clip{clip.stem[6:]}{suffix}")
                    member.size = len(text)
                    archive.addfile(member, io.BytesIO(text))
        files[f"{split}-0000.tar"] = content.getvalue()
    return files


@pytest.fixture(scope="module")
def hub(corpora: Path) -> Iterator[HubServer]:
    with HubServer() as server:
        made = (("parquet", as_parquet(corpora)), ("folders", as_folders(corpora)), ("archives", as_archives(corpora)))
        for name, files in made:
            server.repositories["datasets", f"anna/{name}"] = Repository(
                private=name == "folders", sdk=None, files=files
            )
        yield server


def run(hub: HubServer, home: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """The command in a process that knows no other Hub and has an empty cache."""
    environment = {**os.environ, **hub.environment(home), "XDG_CACHE_HOME": str(home), **changes}
    return subprocess.run(
        [sys.executable, "-m", "ser_demo", *arguments], cwd=Path(__file__).parents[1], env=environment,
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip


def test_a_data_set_of_the_hub_trains_and_tests(hub: HubServer, tmp_path: Path) -> None:
    model = tmp_path / "model"
    train = ("finetune", "--data", "anna/parquet", "--split-by", "given", "--output", str(model), "--epochs", "1")
    done = run(hub, tmp_path / "home", *train)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "| parquet | 4 | 1 | 2 |" in done.stdout
    speakers = json.loads((model / "training.json").read_text())["speakers"]
    assert {split: part["parquet"]["clips"] for split, part in speakers.items()} == {"train": 4, "dev": 4}
    assert sum(request.startswith("GET") and ".parquet" in request for request in hub.requests) == 3


def test_files_in_folders_and_one_split_of_the_hub_are_shown(hub: HubServer, tmp_path: Path) -> None:
    shown = run(hub, tmp_path, "corpora", "anna/folders", "anna/parquet:validation", "--split-by", "random")
    assert shown.returncode == 0, shown.stderr[-2000:]
    assert "calm angry all folders 6 6 12 parquet 2 2 4" in " ".join(shown.stdout.split())


def test_archives_of_the_hub_are_shown(hub: HubServer, tmp_path: Path) -> None:
    shown = run(hub, tmp_path, "corpora", "anna/archives", "--split-by", "random")
    assert shown.returncode == 0, shown.stderr[-2000:]
    assert "calm angry all archives 6 6 12" in " ".join(shown.stdout.split())
    assert "archives, clips by speaker: anna 01 4, anna 02 4, anna 04 4" in shown.stdout


def save_data_set(folder: Path, clip: Path, name: str) -> None:
    """One of a single recording, which lies in it under this name."""
    kinds = datasets.Features(audio={"bytes": datasets.Value("binary"), "path": datasets.Value("string")})
    kinds["label"] = datasets.Value("string")
    row = {"audio": {"bytes": clip.read_bytes(), "path": name}, "label": "sad"}
    made = datasets.Dataset.from_list([row], kinds)
    made.cast_column("audio", datasets.Audio(16_000)).save_to_disk(folder)


@pytest.mark.parametrize(
    "name", [f"{'语' * 80}.wav", f"clip.{'a' * 240}", f"{'a' * 300}"], ids=["stem", "suffix", "both"]
)
def test_a_recording_of_a_data_set_with_a_long_name_is_read(
    name: str, corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    clip = clips(corpora, "02")[0]
    save_data_set(tmp_path / "mine", clip, name)
    (row,) = read_data_set(tmp_path / "mine").rows
    assert Path(row["path"]).read_bytes() == clip.read_bytes()


def test_a_full_cache_is_an_error_that_names_it(corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    save_data_set(tmp_path / "mine", clips(corpora, "02")[0], "clip.wav")
    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, room[1]))  # fails a write as a full disk does
    try:
        with pytest.raises(SerError, match=r"cache/ser_demo/mine/clip-.*\.wav: .*XDG_CACHE_HOME"):
            read_data_set(tmp_path / "mine")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)
    assert not list((tmp_path / "cache" / "ser_demo" / "mine").iterdir())


@pytest.mark.parametrize(
    ("source", "changes", "reason"),
    [
        ("anna/nothing", {}, "doesn't exist on the Hub or cannot be accessed"),
        ("anna/folders", {"HF_TOKEN": "hf_wrong"}, "401 Unauthorized"),
        ("anna/parquet:spring", {}, 'Unknown split "spring"'),
        ("anna/parquet", {"HF_HUB_OFFLINE": "1"}, "Couldn't reach 'anna/parquet'"),
    ],
)
def test_a_data_set_that_cannot_be_had_is_an_error(
    source: str, changes: dict[str, str], reason: str, hub: HubServer, tmp_path: Path
) -> None:
    failed = run(hub, tmp_path, "corpora", source, **changes)
    assert failed.returncode == 1 and "Traceback" not in failed.stderr
    message = failed.stderr.splitlines()[-1]
    assert message.startswith(f"error: {source}: ") and reason in message and "hf_wrong" not in message
