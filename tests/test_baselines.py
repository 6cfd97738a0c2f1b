"""The comparison with the tutorials' systems: what it divides by, and that every system gives a row."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from benchmarks.baselines import main
from benchmarks.systems.divisions import draw_clips, hold_out_speakers, limit_clips
from benchmarks.systems.features import KINDS, extract
from ser_demo.corpora.read import read_corpora

# Of each corpus a speaker that tests, one that chooses (TESS has none) and one or two that train; and its emotions.
NAMES = {
    "ravdess": ("03-01-{emotion}-01-01-01-{speaker}", "01 04 02 03", "01 02 03 04 05 06 07 08"),
    "crema-d": ("{speaker}_IEO_{emotion}_XX", "1001 1019 1040", "ANG DIS FEA HAP NEU SAD"),
    "tess": ("{speaker}_back_{emotion}", "OAF YAF", "angry disgust fear happy neutral ps sad"),
    "emodb": ("{speaker}a01{emotion}a", "03 09 10", "W E A F T N"),
}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hums under the corpora's names, higher from emotion to emotion; one RAVDESS recording is broken, one silent."""
    folder = tmp_path_factory.mktemp("corpora")
    rng = np.random.default_rng(0)
    time = np.arange(12_000) / 16_000
    for corpus, (pattern, speakers, emotions) in NAMES.items():
        (folder / corpus).mkdir()
        for speaker in speakers.split():
            for number, emotion in enumerate(emotions.split()):
                pitch = 150 * 1.2**number * rng.uniform(0.97, 1.03)
                hum = 0.2 * np.sin(2 * np.pi * pitch * time) + 0.02 * rng.standard_normal(len(time))
                soundfile.write(
                    folder / corpus / f"{pattern.format(speaker=speaker, emotion=emotion)}.wav", hum, 16_000
                )
    (folder / "ravdess" / "03-01-05-01-01-01-05.wav").write_bytes(b"broken")
    soundfile.write(folder / "ravdess" / "03-01-05-01-01-01-06.wav", np.zeros(16_000), 16_000)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def sources(corpora: Path) -> list[str]:
    return [str(corpora / corpus) for corpus in NAMES]


@pytest.fixture(scope="module")
def table(corpora: Path) -> pd.DataFrame:
    table = read_corpora(sources(corpora)).table
    return table.assign(copy=0, person=table["corpus"] + table["speaker"])


def shared(table: pd.DataFrame, train: np.ndarray, test: np.ndarray, column: str) -> set[str]:
    return set(table.iloc[train][column]) & set(table.iloc[test][column])


def test_only_the_random_split_shares_speakers(table: pd.DataFrame) -> None:
    drawn = draw_clips(table, 63, seed=0)
    assert shared(table, drawn.train, drawn.test, "person") and not set(drawn.train) & set(drawn.test)
    (held_out,) = hold_out_speakers(table)
    assert not shared(table, held_out.train, held_out.test, "person")
    assert set(table.iloc[held_out.test]["speaker"]) == {"01", "1001", "OAF", "YAF", "03"}
    assert not {"04", "1019", "09"} & set(table.iloc[held_out.train]["speaker"])


def test_speakers_of_a_corpus_that_never_trains_test_each_other(table: pd.DataFrame) -> None:
    tess = table[table["corpus"] == "tess"]
    divisions = hold_out_speakers(tess)
    assert [set(tess.iloc[division.test]["speaker"]) for division in divisions] == [{"OAF"}, {"YAF"}]
    assert not any(shared(tess, division.train, division.test, "speaker") for division in divisions)


def test_copies_of_test_clips_train_in_the_random_split_only(table: pd.DataFrame) -> None:
    copied = table.loc[table.index.repeat(4)].reset_index(drop=True).assign(copy=np.tile(range(4), len(table)))
    drawn = draw_clips(copied, 252, seed=0)
    assert shared(copied, drawn.train, drawn.test, "path")
    (held_out,) = hold_out_speakers(copied)
    assert not shared(copied, held_out.train, held_out.test, "path")
    assert set(copied.iloc[held_out.train]["copy"]) == {0, 1, 2, 3}
    assert set(copied.iloc[held_out.test]["copy"]) == {0}


def test_fewer_clips_are_spread_over_speakers_and_emotions() -> None:
    rows = [("a", speaker, emotion) for speaker in "12" for emotion in "xy" for _ in range(10 if speaker == "1" else 3)]
    table = pd.DataFrame(rows, columns=["corpus", "speaker", "emotion"])
    assert limit_clips(table, 8, seed=1).value_counts().tolist() == [2, 2, 2, 2]
    assert len(limit_clips(table, 100, seed=1)) == len(table)


def test_features_are_computed_once_and_bad_recordings_named(corpora: Path, tmp_path: Path) -> None:
    paths = sorted(str(path) for path in (corpora / "ravdess").glob("*-05-*"))
    calls: list[int] = []
    first, broken = extract(paths, "means", tmp_path, 1, lambda done, total: calls.append(total))
    assert calls == [len(paths)] * len(paths) and len(first) == len(paths) - 2
    assert sorted(Path(path).name for path in broken) == ["03-01-05-01-01-01-05.wav", "03-01-05-01-01-01-06.wav"]
    calls.clear()
    again, _ = extract(list(first), "means", tmp_path, 1, lambda done, total: calls.append(total))
    assert not calls
    for path, features in first.items():
        np.testing.assert_array_equal(features, again[path])


@pytest.mark.parametrize(("kind", "shape"), [("means", (180,)), ("frames", (94, 40)), ("statistics", (320,))])
def test_features_have_their_shape_however_short_the_clip(kind: str, shape: tuple[int, ...]) -> None:
    for length in (3_000, 8_000, 12_500, 100_000):
        features = KINDS[kind](np.random.default_rng(0).standard_normal(length).astype(np.float32))
        assert features.shape == shape and np.isfinite(features[:2]).all()


def test_a_clip_has_four_different_copies() -> None:
    copies = KINDS["copies"](np.random.default_rng(0).standard_normal(30_000).astype(np.float32))
    assert copies.shape == (4, 182) and np.isfinite(copies).all() and len(np.unique(copies, axis=0)) == 4


def rows(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[list[list[str]], str]:
    """The cells of each line of the table, and what was said on standard error."""
    assert main(arguments) == 0
    printed = capsys.readouterr()
    head, rule, *lines = printed.out.splitlines()
    assert head.count("|") == rule.count("|")
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines], printed.err


def check(row: list[str]) -> None:
    for cell in (*row[5:8], *row[9:12]):
        assert math.isfinite(float(cell.split(" ± ")[0])) and -100 <= float(cell.split(" ± ")[0]) <= 100


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("mlp", [["MLP", "ravdess", "3", "12", "9", "6"], ["MLP", "ravdess", "8", "32", "24", "16"]]),
        ("lstm", [["LSTM", "tess", "7", "14", "11", "7"], ["LSTM", "ravdess", "8", "32", "26", "16"]]),
        ("svm", [["SVM", "ravdess", "8", "32", "24", "16"], ["SVM", "crema-d", "6", "18", "14", "6"]]),
    ],
)
def test_every_system_trains_and_gives_its_rows(
    system: str, expected: list[list[str]], corpora: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--data", *sources(corpora), "--cache", str(cache), "--workers", "1", "--epochs", "2"]
    found, said = rows([*arguments, "--systems", system], capsys)
    assert [[*row[:5], row[8]] for row in found] == expected
    for row in found:
        check(row)
        assert int(row[13]) > 100
    assert "left out: 03-01-05-01-01-01-05.wav" in said and "03-01-05-01-01-01-06.wav: silent" in said


def test_the_four_corpora_together_and_each(corpora: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = rows(
        ["--data", *sources(corpora), "--systems", "cnn", "--workers", "1", "--epochs", "1", "--max-clips", "10"],
        capsys,
    )
    assert [row[1] for row in found] == [
        "ravdess + crema-d + tess + emodb", *(f"of these, {corpus}" for corpus in NAMES)
    ]  # fmt: skip
    for row in found:
        check(row)
    assert found[0][3] == "40" and found[0][4] == "120"  # 4 * 40 copies, three quarters of them
    assert found[3][8] == "0" and found[3][13] == ""  # TESS never trains


def test_a_row_whose_corpus_is_missing_is_skipped_by_name(corpora: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = [str(corpora / "emodb"), str(corpora / "no" / "such" / "folder")]
    found, said = rows(["--data", *data, "--systems", "svm", "cnn"], capsys)
    assert not found and "svm on crema-d: skipped, --data holds no crema-d" in said
    assert "no crema-d, ravdess, tess" in said and "no/such/folder: there is no such" in said
    assert main(["--data", data[1]]) == 1
    assert "error: none of --data can be read" in capsys.readouterr().err


def test_a_row_with_nobody_left_to_train_or_test_is_skipped(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (corpora / "crema-d").glob("1040_*"):
        (tmp_path / path.name).symlink_to(path)
    found, said = rows(["--data", str(tmp_path), "--systems", "svm", "--workers", "1"], capsys)
    assert not found and "svm on crema-d: skipped, its speakers are too few" in said


def test_ours_is_trained_by_its_own_command(corpora: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found, said = rows(["--data", str(corpora / "ravdess"), "--systems", "ours", "--epochs", "1"], capfd)
    assert len(found) == 1, said
    row = found[0]
    check([*row[:7], "0", *row[8:]])
    assert row[:3] == ["ours", "ravdess", "8"] and row[4] == "16" and row[8] == "16" and int(row[13]) > 10_000
