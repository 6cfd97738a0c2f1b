"""Corpora: what file names, folders, lists and data sets tell, and which emotions are chosen."""

import io
import os
from pathlib import Path

import datasets
import numpy as np
import pytest
import soundfile

from ser_demo import SerError
from ser_demo.corpora.names import parse_name
from ser_demo.corpora.read import Corpora, read_corpora
from ser_demo.corpora.speakers import known_gender
from ser_demo.corpora.table import COLUMNS


def make(folder: Path, *names: str) -> Path:
    """Empty files below a folder: reading corpora opens no recording."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def rows(corpora: Corpora, *columns: str) -> list[tuple[str, ...]]:
    return list(corpora.table[list(columns)].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("03-01-06-01-02-01-12.wav", ("ravdess", "12", "female", "en", "fearful", "normal", "02")),
        ("03-01-05-02-01-02-01.opus", ("ravdess", "01", "male", "en", "angry", "strong", "01")),
        ("1006_TIE_HAP_XX.wav", ("crema-d", "1006", "female", "en", "happy", "", "TIE")),
        ("1001_IEO_SAD_HI.mp3", ("crema-d", "1001", "male", "en", "sad", "high", "IEO")),
        ("1040_ITH_SAD_X.wav", ("crema-d", "1040", "male", "en", "sad", "", "ITH")),
        ("OA_bite_neutral.wav", ("tess", "OAF", "female", "en", "neutral", "", "BITE")),
        ("YAF_youth_ps.WAV", ("tess", "YAF", "female", "en", "surprised", "", "YOUTH")),
        ("yaf_Back_Pleasant_surprised.wav", ("tess", "YAF", "female", "en", "surprised", "", "BACK")),
        ("DC_sa01.wav", ("savee", "DC", "male", "en", "sad", "", "SA01")),
        ("KL/su15.wav", ("savee", "KL", "male", "en", "surprised", "", "SU15")),
        ("03a01Fa.wav", ("emodb", "03", "male", "de", "happy", "", "A01")),
        ("16b10Lb.wav", ("emodb", "16", "female", "de", "bored", "", "B10")),
        ("SM0_anger_77.wav", ("nemo", "SM0", "male", "pl", "angry", "", "77")),
        ("IC0_surprised_2.wav", ("nemo", "IC0", "female", "pl", "surprised", "", "2")),
        ("holiday.wav", None),
        ("XX/su15.wav", None),
        ("02-01-06-01-02-01-12.wav", None),
        ("1092_IEO_SAD_HI.wav", None),
    ],
)
def test_a_clips_name_tells_what_is_known_of_it(name: str, expected: tuple[str, ...] | None) -> None:
    row = parse_name(Path(name))
    assert (tuple(row[column] for column in COLUMNS[1:]) if row else None) == expected


def test_crema_d_has_43_women() -> None:
    genders = [known_gender("crema-d", str(actor)) for actor in range(1001, 1092)]
    assert (genders.count("female"), genders.count("male")) == (43, 48)


def test_unknown_files_are_reported_and_boredom_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "03a01Fa.wav", "03a01Lb.wav", "holiday.mp3", "notes.txt", "._03a01Fa.wav")
    corpora = read_corpora([str(tmp_path)])
    assert rows(corpora, "corpus", "emotion") == [("emodb", "happy")]
    assert [Path(path).name for path in corpora.unknown] == ["holiday.mp3"]
    assert corpora.left_out == {"bored": 1}
    assert (
        "nothing tells their emotion: 1 (holiday.mp3)" in corpora.remarks()[0] and "bored (1)" in corpora.remarks()[1]
    )


def test_a_name_that_is_no_utf_8_is_passed_over_and_told(tmp_path: Path) -> None:
    odd = os.fsdecode(b"caf\xe9.wav")
    make(tmp_path, f"happy/{odd}", "angry/a.wav")
    corpora = read_corpora([str(tmp_path)])
    assert rows(corpora, "emotion") == [("angry",)]
    assert [Path(path).name for path in corpora.unnamed] == [odd]
    assert corpora.remarks()[0].startswith("passed over, rename them: their names are no UTF-8: 1")
    (tmp_path / "angry" / "a.wav").unlink()
    with pytest.raises(SerError, match="no recording has a name in UTF-8"):
        read_corpora([str(tmp_path)])


def test_songs_and_videos_of_ravdess_are_passed_over(tmp_path: Path) -> None:
    songs = ("Angry/03-02-05-01-01-01-01.wav", "Actor_01/01-01-05-01-01-01-01.mp4")
    corpora = read_corpora([str(make(tmp_path, "Actor_01/03-01-05-01-01-01-01.wav", *songs))])
    assert len(corpora.table) == 1
    assert "songs and videos of RAVDESS: 2" in corpora.remarks()[0] and len(corpora.remarks()) == 1


def test_a_folder_per_emotion_with_or_without_one_per_speaker_or_split(tmp_path: Path) -> None:
    files = (
        "angry/1.wav", "Happiness/2.flac", "anna/ANG/3.wav", "sadness/ben/4.wav", "train/happy/5.wav",
        "Validation/sad/anna/6.wav", "frustrated/7.wav", "a/b/angry/8.wav", "9.wav",
    )  # fmt: skip
    corpora = read_corpora([str(make(tmp_path / "mine", *files))])
    known = {Path(path).stem: tuple(row) for path, *row in rows(corpora, "path", "emotion", "speaker", "split")}
    assert known == {
        "1": ("angry", "", ""),
        "2": ("happy", "", ""),
        "3": ("angry", "anna", ""),
        "4": ("sad", "ben", ""),
        "5": ("happy", "", "train"),
        "6": ("sad", "anna", "dev"),
    }
    assert set(corpora.table["corpus"]) == {"mine"} and len(corpora.unknown) == 3
    named = read_corpora([str(tmp_path / "mine")], mapping={"frustrated": "angry"})
    assert rows(named, "emotion").count(("angry",)) == 3


def test_a_list_names_files_beside_it(tmp_path: Path) -> None:
    make(tmp_path, "audio/a.wav", "audio/b.wav")
    (tmp_path / "calls.csv").write_text(
        "﻿Filename;Label;Speaker_ID;sex;corpus;split;mood\n"
        "audio/a.wav;HAP;7;F;;Train;3\naudio/b.wav; anger ;8;Male;other;validation;4\naudio/c.wav;sad;9;;;test;5\n"
    )
    corpora = read_corpora([str(tmp_path / "calls.csv")])
    assert rows(corpora, "corpus", "emotion", "speaker", "gender", "split", "mood") == [
        ("calls", "happy", "7", "female", "train", "3"),
        ("other", "angry", "8", "male", "dev", "4"),
    ]
    assert Path(corpora.table["path"][0]).is_file()
    assert "missing, though a list names them: 1 (c.wav)" in corpora.remarks()[0]
    (tmp_path / "calls.tsv").write_text("path\temotion\naudio/a.wav\tSad, or so\naudio/b.wav\tsad\n")
    assert read_corpora([str(tmp_path / "calls.tsv")]).left_out == {"sad, or so": 1}


def test_a_known_corpus_in_a_list_is_known_by_its_file_names(tmp_path: Path) -> None:
    """So its fixed speakers test, and its terms hold, whatever the list is called."""
    make(tmp_path, "YAF_bite_sad.wav", "03-01-05-02-02-01-01.wav", "dc/a01.wav")
    (tmp_path / "mine.csv").write_text(
        "path,emotion,speaker\nYAF_bite_sad.wav,sad,young\n03-01-05-02-02-01-01.wav,neutral,Actor_01\ndc/a01.wav,sad,D\n"
    )
    found = rows(read_corpora([str(tmp_path / "mine.csv")]), "corpus", "speaker", "emotion", "gender")
    assert found == [("tess", "YAF", "sad", "female"), ("ravdess", "01", "neutral", "male"), ("mine", "D", "sad", "")]


def test_a_list_may_say_that_recordings_named_like_a_known_corpus_are_others(tmp_path: Path) -> None:
    make(tmp_path, "03-01-05-02-02-01-01.wav")
    (tmp_path / "mine.csv").write_text("path,emotion,corpus,speaker\n03-01-05-02-02-01-01.wav,sad,Calls,Ann\n")
    assert rows(read_corpora([str(tmp_path / "mine.csv")]), "corpus", "speaker", "gender") == [("Calls", "Ann", "")]


def test_a_list_may_write_a_known_corpus_and_its_speakers_in_any_way(tmp_path: Path) -> None:
    make(tmp_path, "1.wav", "2.wav", "3.wav", "4.wav")
    lines = ["path,emotion,corpus,speaker", "1.wav,sad,RAVDESS,1", "2.wav,sad,Emo-DB,03", "3.wav,sad,TESS,oaf"]
    (tmp_path / "mine.csv").write_text("\n".join([*lines, "4.wav,sad,Calls,1"]))
    found = rows(read_corpora([str(tmp_path / "mine.csv")]), "corpus", "speaker")
    assert found == [("ravdess", "01"), ("emodb", "03"), ("tess", "OAF"), ("Calls", "1")]
    (tmp_path / "mine.csv").write_text("path,emotion,corpus,speaker\n1.wav,sad,ravdess,Actor_01\n")
    with pytest.raises(SerError, match=r"ravdess: has no speaker Actor_01: they are called 01 to 24\."):
        read_corpora([str(tmp_path / "mine.csv")])


def test_sources_of_one_name_are_told_to_be_one_corpus(tmp_path: Path) -> None:
    """Their first speakers may be two people."""
    lists = [make(tmp_path / folder, "1.wav") / "calls.csv" for folder in ("north", "south")]
    for file in lists:
        file.write_text("path,emotion,speaker\n1.wav,sad,1\n")
    told = read_corpora([str(file) for file in lists]).remarks()
    assert told == [f"one corpus, with the same speakers, by its name calls: {lists[0]}, {lists[1]}"]


def test_a_speaker_whose_name_is_written_in_two_ways_is_one(tmp_path: Path) -> None:
    """Else one of them could train and the other test."""
    names = ["Zoë", "zoë", "ZOE\u0308", "Ann  Lee", "ann lee", "Bo"]
    make(tmp_path, *(f"{number}.wav" for number in range(len(names))))
    lines = [f"{number}.wav,sad,{name}" for number, name in enumerate(names)]
    (tmp_path / "mine.csv").write_text("\n".join(["path,emotion,speaker", *lines]), encoding="utf-8")
    found = read_corpora([str(tmp_path / "mine.csv")]).table["speaker"]
    assert found.tolist() == ["Zoë", "Zoë", "Zoë", "Ann  Lee", "Ann  Lee", "Bo"]


@pytest.mark.parametrize("header", ["path,emotion,speaker", "path,emotion,speaker,"])
def test_a_list_whose_rows_end_in_a_separator_is_read(header: str, tmp_path: Path) -> None:
    make(tmp_path, "a.wav", "b.wav")
    (tmp_path / "calls.csv").write_text(f"{header}\na.wav,happy,anna,\nb.wav,sad,ben,\n")
    corpora = read_corpora([str(tmp_path / "calls.csv")])
    assert rows(corpora, "emotion", "speaker") == [("happy", "anna"), ("sad", "ben")]


def test_a_list_may_begin_with_a_blank_line_and_hold_long_texts(tmp_path: Path) -> None:
    make(tmp_path, "a.wav")
    (tmp_path / "calls.csv").write_text(f"\n \npath,emotion,text\na.wav,happy,{'word ' * 40_000}\n")
    assert rows(read_corpora([str(tmp_path / "calls.csv")]), "emotion") == [("happy",)]


@pytest.mark.parametrize("line", ["sep=;", '"SEP=;"\r'])
def test_a_list_may_begin_with_excels_word_of_what_separates(line: str, tmp_path: Path) -> None:
    make(tmp_path, "a.wav")
    (tmp_path / "calls.csv").write_bytes(f"{line}\npath;emotion;sentence\na.wav;happy;one, two, three\n".encode())
    assert rows(read_corpora([str(tmp_path / "calls.csv")]), "emotion", "sentence") == [("happy", "one, two, three")]


@pytest.mark.parametrize("header", ["File Path,Emotion Label,Speaker ID", "audio-path,LABEL,Spk"])
def test_a_lists_columns_may_be_written_in_many_ways(header: str, tmp_path: Path) -> None:
    make(tmp_path, "a.wav")
    (tmp_path / "calls.csv").write_text(f"{header}\na.wav,happy,anna\n")
    assert rows(read_corpora([str(tmp_path / "calls.csv")]), "emotion", "speaker") == [("happy", "anna")]


@pytest.mark.filterwarnings("error")
def test_of_two_columns_for_one_thing_the_first_counts(tmp_path: Path) -> None:
    make(tmp_path, "a.wav")
    (tmp_path / "calls.csv").write_text("path,Emotion,emotion,Mood,mood\na.wav,happy,sad,good,bad\n")
    assert rows(read_corpora([str(tmp_path / "calls.csv")]), "emotion", "mood") == [("happy", "good")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"path,emotion\na.wav,sad\na.wav,sad,so,it,is\n", r"cannot be read .*in line 3, saw 5\)\.$"),
        (b"path,emotion,text,speaker\na.wav,sad,So, it is,anna\n", r"line 2 has 5 fields, but .*4 columns.* in quotes"),
        (b"path,speaker\na.wav,1\n", r"no column emotion.*columns are path, speaker"),
        (b"speaker,text\n1,2\n", r"no column path and no column emotion"),
        (b"path,emotion\na.wav,sad\n", r"none of the 1 recordings.*a\.wav"),
        (b"", "cannot be read"),
        ("path,emotion\na.wav,sad\n".encode("utf-16"), "is not written in UTF-8. Save it as UTF-8"),
        ("path,emotion\nä.wav,sad\n".encode("cp1252"), "is not written in UTF-8. Save it as UTF-8"),
        (b"path,emotion\n" + 5000 * b"a" + b",sad\n", "none of the 1 recordings"),
    ],
)
def test_a_list_that_cannot_be_used_is_an_error(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_bytes(content)
    with pytest.raises(SerError, match=rf"calls\.csv: .*{message}"):
        read_corpora([str(tmp_path / "calls.csv")])


def sound(pitch: float) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, 0.3 * np.sin(np.arange(8_000) * pitch), 16_000, format="FLAC")
    return file.getvalue()


def data_set(labels: datasets.ClassLabel | datasets.Value, *values: object) -> datasets.Dataset:
    """Made without the library's own encoder, which needs torchcodec."""
    features = datasets.Features(
        audio={"bytes": datasets.Value("binary"), "path": datasets.Value("string")},
        label=labels, speaker_id=datasets.Value("int64"), path=datasets.Value("string"), text=datasets.Value("string"),
    )  # fmt: skip
    clips = [
        {
            "audio": {"bytes": sound(0.1 + number / 100), "path": f"{number}.flac"},
            "label": value, "speaker_id": number, "path": "elsewhere", "text": None,
        }
        for number, value in enumerate(values)
    ]  # fmt: skip
    return datasets.Dataset.from_list(clips, features).cast_column("audio", datasets.Audio(16_000))


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def splits() -> datasets.DatasetDict:
    labels = datasets.ClassLabel(names=["anger", "joy"])
    return datasets.DatasetDict(train=data_set(labels, 0, 1), validation=data_set(labels, 1, 0, 1))


def test_a_data_set_on_disk_is_read_without_its_decoder(tmp_path: Path, splits: datasets.DatasetDict) -> None:
    splits.save_to_disk(tmp_path / "mine")
    corpora = read_corpora([str(tmp_path / "mine")])
    assert rows(corpora, "corpus", "emotion", "speaker", "split") == [
        ("mine", "angry", "0", "train"),
        ("mine", "happy", "1", "train"),
        ("mine", "happy", "0", "dev"),
        ("mine", "angry", "1", "dev"),
        ("mine", "happy", "2", "dev"),
    ]
    files = [Path(path) for path in corpora.table["path"]]
    assert files[0].parent == tmp_path / "cache" / "ser_demo" / "mine" and files[0].read_bytes() == sound(0.1)
    assert files[0].name.startswith("0-") and files[0].suffix == ".flac"  # a report can be understood
    assert len(list(files[0].parent.iterdir())) == 3  # equal sounds lie there once, and nothing half written


def test_numbers_as_labels_can_be_named(tmp_path: Path, splits: datasets.DatasetDict) -> None:
    data_set(datasets.Value("int64"), 0, 1).save_to_disk(tmp_path / "mine")
    with pytest.raises(SerError, match=r"labelled 0 \(1\), 1 \(1\)"):
        read_corpora([str(tmp_path / "mine")])
    corpora = read_corpora([str(tmp_path / "mine")], mapping={"0": "sad", "1": "joy"})
    assert corpora.table["emotion"].tolist() == ["sad", "happy"]


def test_clips_of_a_data_set_whose_label_is_withheld_are_left_out(tmp_path: Path) -> None:
    data_set(datasets.ClassLabel(names=["anger", "joy"]), 0, -1, 1).save_to_disk(tmp_path / "mine")
    corpora = read_corpora([str(tmp_path / "mine")])
    assert corpora.table["emotion"].tolist() == ["angry", "happy"] and corpora.left_out == {"": 1}


def test_a_data_set_of_something_else_is_an_error(tmp_path: Path) -> None:
    datasets.Dataset.from_list([{"text": "hello", "label": "sad"}]).save_to_disk(tmp_path / "texts")
    with pytest.raises(SerError, match=r"texts: .*no column of audio.*text, label"):
        read_corpora([str(tmp_path / "texts")])
    data_set(datasets.Value("int64"), 0).remove_columns("label").save_to_disk(tmp_path / "voices")
    with pytest.raises(SerError, match=r"voices: .*no column emotion or label.*speaker_id"):
        read_corpora([str(tmp_path / "voices")])
    make(tmp_path, "broken/state.json")
    with pytest.raises(SerError, match="broken: cannot be read as a data set"):
        read_corpora([str(tmp_path / "broken")])


def test_a_known_corpus_in_a_data_set_is_known_by_its_file_names(tmp_path: Path) -> None:
    """So the fixed speakers test, and the licence follows, under whatever name it was uploaded."""
    clip = {"bytes": sound(0.1), "path": "OAF_bite_angry.wav"}
    features = datasets.Features(
        audio={"bytes": datasets.Value("binary"), "path": datasets.Value("string")},
        label=datasets.Value("string"), speaker=datasets.Value("int64"), mood=datasets.Value("int64"),
    )  # fmt: skip
    made = datasets.Dataset.from_list([{"audio": clip, "label": "fury", "speaker": 1, "mood": 3}], features)
    made.cast_column("audio", datasets.Audio(16_000)).save_to_disk(tmp_path / "mine")
    corpora = read_corpora([str(tmp_path / "mine")], mapping={"fury": "angry"})
    assert rows(corpora, "corpus", "speaker", "emotion", "mood") == [("tess", "OAF", "angry", "3")]
    assert Path(corpora.table["path"][0]).name.startswith("OAF_bite_angry-")


def test_a_list_of_another_kind_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(SerError, match=r"calls\.xlsx: is no folder, .*save a list as \.csv"):
        read_corpora([str(make(tmp_path, "calls.xlsx") / "calls.xlsx")])


def test_a_slip_in_a_path_asks_no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(make(tmp_path, "corpora/readme.txt"))
    with pytest.raises(SerError, match=r"corpora/ravdes: there is no such folder or \.csv file"):
        read_corpora(["corpora/ravdes"])


def test_a_sub_folder_that_may_not_be_read_is_an_error(closed: Path, folder: Path) -> None:
    with pytest.raises(SerError, match=r"in/week 1: this folder may not be read\."):
        read_corpora([str(folder)])


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SerError, match=r"no recording was recognised\. Looked for .*RAVDESS.*emotions"):
        read_corpora([str(tmp_path)])
    make(tmp_path, "holiday.wav")
    with pytest.raises(SerError, match=r"1 audio files have other names, the first is .*holiday\.wav"):
        read_corpora([str(tmp_path)])
    for missing in (str(tmp_path / "nowhere"), "calls.csv", "nowhere"):
        with pytest.raises(SerError, match=r"no such folder or \.csv file"):
            read_corpora([missing])


def test_emotions_are_mapped_and_chosen_by_any_name(tmp_path: Path) -> None:
    make(tmp_path, *(f"{emotion}/{emotion}.wav" for emotion in ("calm", "angry", "sad", "joy")))
    source = [str(tmp_path)]
    assert set(read_corpora(source).table["emotion"]) == {"calm", "angry", "sad", "happy"}
    corpora = read_corpora(source, ["neutral", "happiness"], {"calmness": "NEU"})
    assert set(corpora.table["emotion"]) == {"neutral", "happy"} and corpora.left_out == {"angry": 1, "sad": 1}
    groups = read_corpora(source, None, {"joy": "positive", "sad": "negative", "angry": "negative"})
    assert groups.table["emotion"].value_counts().to_dict() == {"negative": 2, "calm": 1, "positive": 1}
    with pytest.raises(SerError, match=r"--emotions: there is no disgust.*angry \(1\), calm \(1\)"):
        read_corpora(source, ["angry", "disgust"])
    with pytest.raises(SerError, match=r"--map: there is no bored.*labelled angry \(1\)"):
        read_corpora(source, None, {"bored": "neutral"})


def test_an_umlaut_of_macos_is_the_same_letter(tmp_path: Path) -> None:
    """Which there is two characters in the names of files and folders."""
    make(tmp_path, "fro\u0308hlich/a.wav", "traurig/b.wav")
    (tmp_path / "mine.csv").write_text("path,emotion\ntraurig/b.wav,fro\u0308hlich\n", encoding="utf-8")
    for source in (tmp_path, tmp_path / "mine.csv"):
        corpora = read_corpora([str(source)], ["happy"], {"fröhlich": "happy"})
        assert corpora.table["emotion"].tolist() == ["happy"]


def test_a_recording_given_twice_counts_once(tmp_path: Path) -> None:
    make(tmp_path, "ravdess/03-01-05-01-01-01-01.wav", "emodb/03a01Fa.wav")
    corpora = read_corpora([str(tmp_path), str(tmp_path / "emodb")])
    assert corpora.table["corpus"].tolist() == ["emodb", "ravdess"] and corpora.table.index.tolist() == [0, 1]
