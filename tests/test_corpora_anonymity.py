"""Anonymity: whose names records may tell."""

import pandas as pd

from ser_demo.corpora.anonymity import hide_names


def test_speakers_of_anyones_recordings_are_numbered_those_of_public_corpora_are_named() -> None:
    table = pd.DataFrame(
        {"corpus": ["calls", "ravdess", "calls", "calls", "notes"], "speaker": ["Zoe", "12", "Anna", "Zoe", ""]}
    )
    assert hide_names(table)["speaker"].tolist() == ["speaker 2", "12", "speaker 1", "speaker 2", ""]
    assert table["speaker"][0] == "Zoe"
