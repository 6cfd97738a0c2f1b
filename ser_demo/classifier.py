"""A Hugging Face audio-classification checkpoint as a function from windows of audio to emotion scores."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub import try_to_load_from_cache
from transformers import pipeline
from transformers.utils import logging as transformers_logging

from ser_demo import __version__
from ser_demo.audio import Resampler
from ser_demo.errors import SerError
from ser_demo.labels import canonical_labels
from ser_demo.result import Model, Scores, order_scores
from ser_demo.speech import SAMPLE_RATE

EMBEDDED = Path(__file__).parent / "checkpoint"
BATCH_SIZE = 16  # windows per call of the network


class ModelError(SerError):
    """A checkpoint cannot be used; the text says which and what to do."""


class Classifier:
    """The pipeline of one checkpoint.

    Args:
        checkpoint: a Hub id, a folder, or None for the embedded model.
        device: "auto", "cpu", "cuda" or "mps".

    Raises:
        ModelError: there is no such checkpoint, it is not for audio classification, it needs code of its own, or it
            has no safetensors weights.
    """

    def __init__(self, checkpoint: str | None, device: str):
        self._pipeline = _load_pipeline(checkpoint or str(EMBEDDED), _choose_device(device))
        config = self._pipeline.model.config
        self.labels = canonical_labels([config.id2label[i] for i in range(config.num_labels)])
        self._rename = dict(zip((config.id2label[i] for i in range(config.num_labels)), self.labels, strict=True))
        self.model = _describe(checkpoint)

    def classify(self, windows: Sequence[np.ndarray]) -> list[Scores]:
        """The scores of each window, (n,) float32 at `SAMPLE_RATE`, in order.

        A network that takes an attention mask gets windows of any length in one batch; for others padding would
        change the scores, so only windows of equal length share a batch.
        """
        extractor = self._pipeline.feature_extractor
        audio = [_resample(window, extractor.sampling_rate) for window in windows]
        if getattr(extractor, "return_attention_mask", False):
            return self._run(audio)
        order = sorted(range(len(audio)), key=lambda i: len(audio[i]))
        scores: dict[int, Scores] = {}
        for _, same in groupby(order, key=lambda i: len(audio[i])):
            indices = list(same)
            scores.update(zip(indices, self._run([audio[i] for i in indices]), strict=True))
        return [scores[i] for i in range(len(audio))]

    def _run(self, audio: list[np.ndarray]) -> list[Scores]:
        outputs = self._pipeline(audio, batch_size=min(BATCH_SIZE, len(audio)), top_k=len(self.labels))
        return [self._scores(output) for output in outputs]

    def _scores(self, output: list[dict[str, Any]]) -> Scores:
        scores = {self._rename[entry["label"]]: float(entry["score"]) for entry in output}
        whole = sum(scores.values())  # of a multi-label network they need not sum to 1
        return order_scores({label: score / whole for label, score in scores.items()})


def _resample(window: np.ndarray, rate: int) -> np.ndarray:
    resampler = Resampler(SAMPLE_RATE, rate, 1)
    return np.concatenate([resampler.feed(window[None]), resampler.flush()], axis=1)[0]


def _choose_device(device: str) -> torch.device:
    if device != "auto":
        return torch.device(device)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _load_pipeline(checkpoint: str, device: torch.device) -> Any:
    transformers_logging.disable_progress_bar()
    is_folder_name = checkpoint.startswith((".", "~")) or Path(checkpoint).is_absolute() or checkpoint.count("/") > 1
    if is_folder_name and not Path(checkpoint).is_dir():
        raise ModelError(f"the model {Path(checkpoint).name!r}: there is no such folder. Check SER_MODEL or --model.")
    try:
        # Code from a checkpoint is never run, and pickled weights, which can carry code, are never opened.
        loaded = pipeline(
            "audio-classification",
            model=checkpoint,
            device=device,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, ImportError, PackageNotFoundError, RuntimeError) as error:
        reason = str(error).strip().split("\n")[0]
        raise ModelError(
            f"the model {_shown(checkpoint)!r} cannot be loaded: {reason} "
            "Give the Hub id or the folder of an audio-classification checkpoint with safetensors weights."
        ) from error
    if loaded.model.config.problem_type == "regression":
        raise ModelError(f"the model {_shown(checkpoint)!r} predicts values, not classes: emotions need classes.")
    return loaded


def _shown(checkpoint: str) -> str:
    """A name without the folders of this machine."""
    return Path(checkpoint).name if Path(checkpoint).exists() else checkpoint


def _describe(checkpoint: str | None) -> Model:
    """Its name and version: that of this package, the commit of a repository on the Hub, or "local" for a folder."""
    if checkpoint is None:
        return Model("ser-demo-mobilenet", __version__)
    cached = None if Path(checkpoint).exists() else try_to_load_from_cache(checkpoint, "config.json")
    return Model(_shown(checkpoint), Path(cached).parent.name if isinstance(cached, str) else "local")
