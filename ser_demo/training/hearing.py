"""What a finished network says of clips."""

from collections.abc import Callable

import numpy as np
import torch
from transformers import PreTrainedModel, SequenceFeatureExtractor

from ser_demo.training.dataset import ClipDataset, Collator, inputs_of

Clips = ClipDataset | torch.utils.data.ConcatDataset

BATCH_SIZE = 32


def hear(
    network: PreTrainedModel, extractor: SequenceFeatureExtractor, clips: Clips, tell: Callable[[int, int], None]
) -> np.ndarray:
    """The logits of each clip, (n, labels) float32; `tell` gets how many are done and in all."""
    batches = torch.utils.data.DataLoader(clips, BATCH_SIZE, collate_fn=Collator(extractor))
    network.eval()
    answers = []
    with torch.no_grad():
        for number, batch in enumerate(batches):
            inputs = {name: value.to(network.device) for name, value in inputs_of(batch).items()}
            answers.append(network(**inputs).logits.float().cpu().numpy())
            tell(min((number + 1) * BATCH_SIZE, len(clips)), len(clips))
    return np.concatenate(answers)
