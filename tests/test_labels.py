"""Names of emotions in other checkpoints."""

import pytest

from ser_demo.labels import EMOTIONS, canonical_label, canonical_labels


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("hap", "happy"), ("HAPPY", "happy"), ("Happiness", "happy"), ("ang", "angry"), ("Fear", "fearful"),
        ("pleasant_surprise", "surprised"), ("DIS", "disgust"), ("sadness", "sad"), ("calm", "calm"),
    ],
)  # fmt: skip
def test_known_names_are_mapped(theirs: str, ours: str) -> None:
    assert canonical_label(theirs) == ours


def test_unknown_names_are_kept_as_they_are() -> None:
    assert [canonical_label(name) for name in ("LABEL_3", "Contempt", "boredom")] == ["LABEL_3", "Contempt", "boredom"]


def test_our_own_names_map_to_themselves() -> None:
    assert canonical_labels(list(EMOTIONS)) == list(EMOTIONS)


def test_two_labels_never_become_one() -> None:
    assert canonical_labels(["joy", "happy", "sadness"]) == ["joy", "happy", "sad"]
    assert canonical_labels(["JOY", "HAPPY", "AMUSEMENT"]) == ["JOY", "happy", "AMUSEMENT"]
    assert canonical_labels(["Fear", "Scared"]) == ["Fear", "Scared"]
    assert canonical_labels(["Sad", "SAD"]) == ["Sad", "SAD"]
