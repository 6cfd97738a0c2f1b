"""Soft labels from teachers: what finished checkpoints answer to the training clips (Hinton et al., 2015)."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from scipy.special import softmax
from transformers import PreTrainedModel, SequenceFeatureExtractor

from ser_demo.errors import SerError
from ser_demo.training.architectures import load_network
from ser_demo.training.dataset import ClipDataset
from ser_demo.training.hearing import hear
from ser_demo.training.watch import Watch

TEACHERS_SHARE = 0.5  # of each label; the rest is the corpus' own


def blend_labels(clips: ClipDataset, teachers: Sequence[str], labels: Sequence[str], watch: Watch) -> None:
    """Replaces a part of each clip's label by the mean of the teachers' probabilities for it.

    Each teacher hears the clip as it is and answers among the labels that the clip's corpus knows.

    Args:
        clips: whose `targets` are changed.
        teachers: Hub ids or folders of checkpoints.
        labels: of the network that learns.
        watch: told of the progress.

    Raises:
        SerError: a teacher cannot be loaded, or answers with other labels.
    """
    if not teachers:
        return
    answers = [_answers(teacher, clips.as_they_are(), labels, watch) for teacher in teachers]
    clips.targets = (1 - TEACHERS_SHARE) * clips.targets + TEACHERS_SHARE * np.mean(answers, axis=0)


def check_teachers(teachers: Sequence[str], labels: Sequence[str]) -> None:
    """Whether every teacher can be asked, which should not show after hours.

    Raises:
        SerError: a teacher cannot be loaded, or answers with other labels.
    """
    for teacher in teachers:
        _load(teacher, labels)


def _load(teacher: str, labels: Sequence[str]) -> tuple[PreTrainedModel, SequenceFeatureExtractor]:
    network, extractor, is_new = load_network(teacher, labels)
    if is_new:
        raise SerError(f"{teacher}: does not answer with {', '.join(labels)}. A teacher needs the labels of its pupil.")
    return network, extractor


def _answers(teacher: str, clips: ClipDataset, labels: Sequence[str], watch: Watch) -> np.ndarray:
    """(n, labels) float32 probabilities."""
    network, extractor = _load(teacher, labels)
    known = np.stack(clips.known)
    tell = partial(watch.progress, "asking the teachers")
    # The others are left out before the softmax: a teacher that is sure of one of them would leave zeros.
    return softmax(np.where(known > 0, hear(network, extractor, clips, tell), -np.inf), axis=1).astype(np.float32)
