"""Waveform to the log-mel frames that Whisper hears, brought to one level and not padded to half a minute.

The frames are those of Whisper (Radford et al., 2022, arXiv:2212.04356, section 2.2): 25 ms every 10 ms, 80 Slaney mel
bands up to 8 kHz, the logarithm cut 80 dB below the loudest and scaled to about [-1, 1.5].
"""

from typing import Any

import numpy as np
import torch
from transformers import BatchFeature, SequenceFeatureExtractor
from transformers.audio_utils import mel_filter_bank

FRAME_RATE = 100  # frames per second
N_FFT = 400  # samples, 25 ms
POWER_FLOOR = 1e-10
DYNAMIC_RANGE = 8.0  # powers of ten
MAX_GAIN = 1e6  # in power, 60 dB over `SPEECH_LEVEL`: lifts a distant voice, not the noise of an empty line
SPEECH_LEVEL = 3.0  # mean square that the loud tenth of the frames is brought to; the whole clip is then at about 1


class SerWhisperFeatureExtractor(SequenceFeatureExtractor):
    """Log-mel frames of one or more 16 kHz waveforms, independent of their recording level.

    Args:
        feature_size: mel bands.
        sampling_rate: Hz of the waveforms; 16000 is what the constants above are made for.
        padding_value: fills frames beyond a waveform's end.
    """

    model_input_names = ["input_features", "attention_mask"]  # noqa: RUF012 (transformers reads a list)

    def __init__(self, feature_size: int = 80, sampling_rate: int = 16_000, padding_value: float = 0.0, **kwargs: Any):
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)

    def __call__(
        self,
        raw_speech: np.ndarray | list[np.ndarray],
        sampling_rate: int | None = None,
        return_tensors: str | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """
        Args:
            raw_speech: one waveform (samples,) or a list of them, float in [-1, 1].
            sampling_rate: Hz of `raw_speech`, checked against the extractor's own.
            return_tensors: "np" (default) or "pt".

        Returns:
            `input_features` (batch, frames, feature_size) float32, one frame per 10 ms, and
            `attention_mask` (batch, frames), 1 where a frame belongs to the waveform and 0 where it pads the batch.

        Raises:
            ValueError: another sampling rate, or a waveform that is not one-dimensional.
        """
        if sampling_rate is not None and sampling_rate != self.sampling_rate:
            raise ValueError(f"expected audio at {self.sampling_rate} Hz, got {sampling_rate} Hz: resample it first")
        is_batch = isinstance(raw_speech, (list, tuple)) and np.ndim(raw_speech[0]) > 0
        waveforms = raw_speech if is_batch else [raw_speech]
        frames: list[Any] = [{"input_features": self.log_mel(np.asarray(wave, dtype=np.float32))} for wave in waveforms]
        return self.pad(frames, padding=True, return_attention_mask=True, return_tensors=return_tensors or "np")

    def log_mel(self, waveform: np.ndarray) -> np.ndarray:
        """(samples,) in [-1, 1] to (1 + samples // 160, feature_size) float32, roughly in [-1, 1.5]."""
        if waveform.ndim != 1:
            raise ValueError(f"expected one channel of shape (samples,), got shape {waveform.shape}")
        samples = torch.from_numpy(np.ascontiguousarray(waveform))
        if len(samples) < N_FFT:  # the mirrored edges of the transform need that much
            samples = torch.nn.functional.pad(samples, (0, N_FFT - len(samples)))
        window = torch.hann_window(N_FFT)
        spectrum = torch.stft(
            samples, N_FFT, self.sampling_rate // FRAME_RATE, window=window, center=True, return_complex=True
        )
        power = spectrum.real.square() + spectrum.imag.square()  # (N_FFT // 2 + 1, frames); takes no root
        mean_square = 2 * power.sum(0) / (N_FFT * window.square().sum())  # per frame, by Parseval
        level = torch.quantile(mean_square, 0.9)
        gain = min(SPEECH_LEVEL / max(float(level), 1e-12), MAX_GAIN * SPEECH_LEVEL)
        mel = self._mel_filters() @ power * gain
        log_mel = mel.clamp(min=POWER_FLOOR).log10()
        log_mel = log_mel.clamp(min=float(log_mel.max()) - DYNAMIC_RANGE)
        return ((log_mel + 4) / 4).T.contiguous().numpy()

    def _mel_filters(self) -> torch.Tensor:
        """(feature_size, bins)."""
        cached = getattr(self, "_filters", None)
        if cached is not None:
            return cached
        filters = mel_filter_bank(
            1 + N_FFT // 2, self.feature_size, 0.0, 8000.0, self.sampling_rate, norm="slaney", mel_scale="slaney"
        )
        self._filters = torch.from_numpy(np.ascontiguousarray(filters.T, dtype=np.float32))
        return self._filters

    def to_dict(self) -> dict:
        """The settings that are saved; the filters follow from them."""
        return {key: value for key, value in super().to_dict().items() if key != "_filters"}
