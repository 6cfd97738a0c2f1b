"""Clips as the batches that the trainer sees: log-mel frames, soft labels, and which labels a clip's corpus knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from ser_demo.corpora.preparation import Clip
from ser_demo.mobilenet.feature_extraction_ser_mobilenet import SerMobileNetFeatureExtractor
from ser_demo.speech import SAMPLE_RATE
from ser_demo.training.augmentation import augment_frames, augment_waveform, crop

MIXUP_SHARE = 0.5  # of the batches
MIXUP_ALPHA = 0.3


class ClipDataset(torch.utils.data.Dataset):
    """Clips with their labels; `augment` is for training."""

    def __init__(
        self,
        table: pd.DataFrame,
        clips: Sequence[Clip],
        extractor: SerMobileNetFeatureExtractor,
        labels: Sequence[str],
        augment: bool,
    ):
        self.table, self.clips, self.extractor, self.augment = table, clips, extractor, augment
        self.classes = [labels.index(emotion) for emotion in table["emotion"]]
        known = {
            corpus: np.isin(labels, rows["emotion"].unique()).astype(np.float32)
            for corpus, rows in table.groupby("corpus")
        }
        self.known = [known[corpus] for corpus in table["corpus"]]

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> dict[str, Any]:
        clip = self.clips[index]
        samples = clip.samples.astype(np.float32) / 32767
        if self.augment:
            # Seeded from torch, whose state the trainer saves: a resumed training draws what it would have drawn.
            rng = np.random.default_rng(int(torch.randint(2**62, ())))
            samples = augment_waveform(crop(samples, clip.start, clip.end, rng), rng)
        else:
            samples = samples[clip.start : clip.end]
        frames = self.extractor(samples, sampling_rate=SAMPLE_RATE)["input_features"][0]
        if self.augment:
            frames = augment_frames(frames, self.extractor.padding_value, rng)
        return {"input_features": frames, "class": self.classes[index], "known": self.known[index]}


@dataclass(frozen=True)
class Collator:
    """Pads clips to the longest and, in training, mixes half of the batches (mixup, Zhang et al., 2018)."""

    extractor: SerMobileNetFeatureExtractor
    mixup: bool

    def __call__(self, items: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """`input_features` (n, frames, bands), `attention_mask` (n, frames), `labels` and `known` (n, labels)."""
        batch = self.extractor.pad(
            [{"input_features": item["input_features"]} for item in items], padding=True, return_tensors="pt"
        )
        known = torch.tensor(np.stack([item["known"] for item in items]))
        classes = torch.tensor([item["class"] for item in items])
        labels = torch.nn.functional.one_hot(classes, known.shape[1]).float()
        inputs = {**batch, "labels": labels, "known": known}
        if self.mixup and torch.rand(()) < MIXUP_SHARE:
            return mix(inputs, float(torch.distributions.Beta(MIXUP_ALPHA, MIXUP_ALPHA).sample()))
        return inputs


def mix(batch: dict[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """Every clip blended with a random other of the same label set: `share` of itself, the rest of the other.

    Only clips that know the same labels are blended, so that the label mask holds for the blend.
    """
    order = torch.arange(len(batch["known"]))
    for known in batch["known"].unique(dim=0):
        members = (batch["known"] == known).all(1).nonzero()[:, 0]
        order[members] = members[torch.randperm(len(members))]
    mixed = dict(batch)
    for key in ("input_features", "labels"):
        mixed[key] = share * batch[key] + (1 - share) * batch[key][order]
    mixed["attention_mask"] = torch.maximum(batch["attention_mask"], batch["attention_mask"][order])
    return mixed
