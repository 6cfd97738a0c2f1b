"""Corpora: what file names tell, what is set aside, and who trains, chooses and tests."""

from pathlib import Path

import pandas as pd
import pytest

from ser_demo import SerError
from ser_demo.corpora.names import parse_name, read_corpora
from ser_demo.corpora.splits import DEVELOPMENT_SPEAKERS, TEST_SPEAKERS, assign_split


@pytest.mark.parametrize(
    ("stem", "row"),
    [
        ("03-01-06-01-02-01-12", ("ravdess", "12", "fearful")),
        ("1006_TIE_HAP_XX", ("crema-d", "1006", "happy")),
        ("OA_bite_neutral", ("tess", "OAF", "neutral")),
        ("YAF_youth_ps", ("tess", "YAF", "surprised")),
        ("03a01Fa", ("emodb", "03", "happy")),
        ("16b10Lb", ("emodb", "16", None)),
        ("SM0_anger_77", ("nemo", "SM0", "angry")),
        ("holiday", None),
        ("02-01-06-01-02-01-12", None),
    ],
)
def test_a_clips_name_tells_corpus_speaker_and_emotion(stem: str, row: object) -> None:
    assert parse_name(stem) == row


def test_unknown_files_are_reported_and_boredom_is_left_out(tmp_path: Path) -> None:
    for name in ("03a01Fa.wav", "03a01Lb.wav", "holiday.mp3", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    table, unknown = read_corpora([tmp_path])
    assert table["emotion"].tolist() == ["happy"]
    assert [path.name for path in unknown] == ["holiday.mp3"]


def test_a_folder_without_recordings_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SerError, match="no recording"):
        read_corpora([tmp_path])
    with pytest.raises(SerError, match="no such folder"):
        read_corpora([tmp_path / "nowhere"])


def test_no_speaker_is_on_two_sides() -> None:
    for corpus, speakers in TEST_SPEAKERS.items():
        assert not speakers & DEVELOPMENT_SPEAKERS[corpus]
    table = pd.DataFrame({"corpus": ["ravdess", "ravdess", "crema-d", "tess"], "speaker": ["01", "02", "1020", "OAF"]})
    assert assign_split(table).tolist() == ["test", "train", "dev", "test"]
