"""Clips as the batches that the trainer sees: features, soft labels, and which labels a clip's corpus knows."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import SequenceFeatureExtractor

from ser_demo.corpora.cleaning import MAX_CLIP, Clip
from ser_demo.corpora.table import of_one_voice
from ser_demo.speech import SAMPLE_RATE
from ser_demo.training.architectures import extract_features, spectrograms
from ser_demo.training.augmentation import augment_features, augment_waveform, chances_of, crop

MIXUP_SHARE = 0.5  # of the batches
MIXUP_ALPHA = 0.3


class ClipDataset(torch.utils.data.Dataset):
    """Clips with their labels; `augmentations` names the random changes, without them it stays as it is.

    "join" puts another clip of the same voice and emotion behind a clip: most clips hold one sentence, and a window of
    a conversation two or three.

    `corpora` tells by its rows which labels each corpus knows, where `table` holds only a part of them.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        clips: Sequence[Clip],
        labels: Sequence[str],
        augmentations: Sequence[str] = (),
        corpora: pd.DataFrame | None = None,
    ):
        self.table, self.clips, self.augmentations = table, clips, augmentations
        self.classes = [labels.index(emotion) for emotion in table["emotion"]]
        self.targets = np.eye(len(labels), dtype=np.float32)[self.classes]  # (n, labels), each row sums to 1
        known = {
            corpus: np.isin(labels, rows["emotion"].unique()).astype(np.float32)
            for corpus, rows in (table if corpora is None else corpora).groupby("corpus")
        }
        self.known = [known[corpus] for corpus in table["corpus"]]
        self._join_chance = chances_of(augmentations).get("join", 0.0)
        self._alike = _rows_alike(table) if self._join_chance else {}

    def as_they_are(self) -> "ClipDataset":
        """The same clips and labels without augmentations."""
        plain = copy.copy(self)
        plain.augmentations = ()
        return plain

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """`samples` (n,) float32 at 16 kHz; `target` (labels,); `known` (labels,), 1 for those of the clip's corpus."""
        samples, target = _samples(self.clips[index]), self.targets[index]
        if self.augmentations:
            rng = new_generator()
            samples = self._cropped(index, rng)
            if self._join_chance and rng.random() < self._join_chance:
                other = int(rng.choice(self._alike[index]))
                joined = np.concatenate([samples, self._cropped(other, rng)])
                samples, target = joined[: round(MAX_CLIP * SAMPLE_RATE)], (target + self.targets[other]) / 2
            samples = augment_waveform(samples, self.augmentations, rng)
        return {"samples": samples, "target": target, "known": self.known[index]}

    def _cropped(self, index: int, rng: np.random.Generator) -> np.ndarray:
        clip = self.clips[index]
        return crop(_samples(clip), clip.start, clip.end, rng)


def _samples(clip: Clip) -> np.ndarray:
    return clip.samples.astype(np.float32) / 32767


def _rows_alike(table: pd.DataFrame) -> dict[int, np.ndarray]:
    """For each row those of its voice and emotion, itself among them."""
    return {int(row): rows for rows in of_one_voice(table).indices.values() for row in rows}


def new_generator() -> np.random.Generator:
    """Seeded from torch, whose state the trainer saves: a resumed training draws what it would have drawn."""
    return np.random.default_rng(int(torch.randint(2**62, ())))


@dataclass(frozen=True)
class Collator:
    """Clips to one batch: features of any architecture's extractor, and the random changes that work on them."""

    extractor: SequenceFeatureExtractor
    augmentations: Sequence[str] = ()

    def __call__(self, items: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """The extractor's tensors for n clips, with `labels` and `known` (n, labels)."""
        batch = extract_features(self.extractor, [item["samples"] for item in items])
        self._augment(batch)
        known = torch.tensor(np.stack([item["known"] for item in items]))
        labels = torch.tensor(np.stack([item["target"] for item in items]))
        inputs = {**batch, "labels": labels, "known": known}
        if "mixup" in self.augmentations and torch.rand(()) < MIXUP_SHARE:
            return mix(inputs, float(torch.distributions.Beta(MIXUP_ALPHA, MIXUP_ALPHA).sample()))
        return inputs

    def _augment(self, batch: dict[str, torch.Tensor]) -> None:
        """Changes spectrograms in place; architectures that read waveforms mask inside their network."""
        names = list(self.augmentations)
        if getattr(self.extractor, "stride", 1) > 1 and "frequency-shift" in names:
            names.remove("frequency-shift")  # rows hold several frames side by side: a shift would mix them
        for spectrogram in spectrograms(self.extractor, batch) if names else ():
            augment_features(spectrogram.numpy(), names, new_generator())


def inputs_of(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What of a `Collator`'s batch a network hears."""
    return {name: value for name, value in batch.items() if name not in ("labels", "known")}


def mix(batch: dict[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """Every clip blended with a random other of the same label set (mixup, Zhang et al., 2018).

    `share` of itself, the rest of the other. Only clips that know the same labels are blended, so that the label mask
    holds for the blend.
    """
    order = torch.arange(len(batch["known"]))
    for known in batch["known"].unique(dim=0):
        members = (batch["known"] == known).all(1).nonzero()[:, 0]
        order[members] = members[torch.randperm(len(members))]
    mixed = {
        name: share * value + (1 - share) * value[order]
        if value.is_floating_point()
        else torch.maximum(value, value[order])
        for name, value in batch.items()
    }
    return {**mixed, "known": batch["known"]}
