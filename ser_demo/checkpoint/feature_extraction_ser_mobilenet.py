"""Waveform to log-mel frames, the input of the embedded network.

The network's body starts from weights that EfficientAT trained on 32 kHz audio. Speech corpora and telephone calls
carry nothing above 8 kHz, so here the same frames are computed from 16 kHz audio, at half the cost: equal frame length
(25 ms) and hop (10 ms), equal frequency grid (31.25 Hz), the 32 kHz pre-emphasis applied as its frequency response,
and only those of the 128 Kaldi mel bands between 0 and 15 kHz that end below 8 kHz.
"""

import math
from typing import Any

import numpy as np
import torch
from transformers import BatchFeature, SequenceFeatureExtractor
from transformers.audio_utils import mel_filter_bank

FRAME_RATE = 100  # frames per second
REFERENCE_RATE = 32_000  # Hz, what the body was pretrained on
REFERENCE_BANDS = 128
REFERENCE_TOP = 15_000.0  # Hz
PRE_EMPHASIS = 0.97
POWER_FLOOR = 1e-5
MAX_GAIN = 1e6  # in power, 60 dB: lifts a distant voice, not the noise of an empty line
SPEECH_LEVEL = 0.01  # mean square (-20 dBFS) that the loud tenth of the frames is brought to


class SerMobileNetFeatureExtractor(SequenceFeatureExtractor):
    """Log-mel frames of one or more 16 kHz waveforms, independent of their recording level.

    Args:
        feature_size: mel bands that are kept, from the lowest up; the 102nd ends at 7.7 kHz, within 16 kHz audio.
        sampling_rate: Hz of the waveforms; 16000 is what the constants above are made for.
        padding_value: fills frames beyond a waveform's end; the value of digital silence.
    """

    model_input_names = ["input_features", "attention_mask"]  # noqa: RUF012 (transformers reads a list)

    def __init__(
        self, feature_size: int = 102, sampling_rate: int = 16_000, padding_value: float | None = None, **kwargs: Any
    ):
        silence = (math.log(POWER_FLOOR) + 4.5) / 5
        super().__init__(feature_size, sampling_rate, silence if padding_value is None else padding_value, **kwargs)

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
        """(samples,) in [-1, 1] to (1 + samples // 160, feature_size) float32, roughly in [-1.4, 2]."""
        if waveform.ndim != 1:
            raise ValueError(f"expected one channel of shape (samples,), got shape {waveform.shape}")
        n_fft, window = self._stft_setting()
        samples = torch.from_numpy(np.ascontiguousarray(waveform))
        if len(samples) < n_fft:  # the mirrored edges of the transform need that much
            samples = torch.nn.functional.pad(samples, (0, n_fft - len(samples)))
        spectrum = torch.stft(
            samples, n_fft, self.sampling_rate // FRAME_RATE, len(window), window, center=True, return_complex=True
        )
        power = spectrum.abs().square()  # (n_fft // 2 + 1, frames)
        mean_square = 2 * power.sum(0) / (n_fft * window.square().sum())  # per frame, by Parseval
        level = torch.quantile(mean_square, 0.9)
        gain = min(SPEECH_LEVEL / max(float(level), 1e-12), MAX_GAIN)
        mel = self._mel_filters() @ power * gain
        log_mel = (torch.log(mel + POWER_FLOOR) + 4.5) / 5
        return log_mel.T.contiguous().numpy()

    def _stft_setting(self) -> tuple[int, torch.Tensor]:
        """FFT length in samples and the 25 ms window (800 and 1024 samples at the reference rate)."""
        n_fft = 1024 * self.sampling_rate // REFERENCE_RATE
        return n_fft, torch.hann_window(self.sampling_rate // 40, periodic=False)

    def _mel_filters(self) -> torch.Tensor:
        """(feature_size, bins): Kaldi's mel filters with pre-emphasis and the reference rate's scale folded in."""
        cached = getattr(self, "_filters", None)
        if cached is not None:
            return cached
        bins = 1024 * self.sampling_rate // REFERENCE_RATE // 2 + 1
        reference = mel_filter_bank(
            513, REFERENCE_BANDS, 0.0, REFERENCE_TOP, REFERENCE_RATE, mel_scale="kaldi", triangularize_in_mel_space=True
        )  # (513 bins, 128 bands) over 0 to 16 kHz; the first `bins` of them lie below our Nyquist frequency
        frequency = np.linspace(0, self.sampling_rate / 2, bins)
        response = 1 + PRE_EMPHASIS**2 - 2 * PRE_EMPHASIS * np.cos(2 * np.pi * frequency / REFERENCE_RATE)
        scale = (REFERENCE_RATE / self.sampling_rate) ** 2  # a window of twice the samples sums to twice the amplitude
        filters = reference[:bins, : self.feature_size].T * response * scale
        self._filters = torch.from_numpy(np.ascontiguousarray(filters, dtype=np.float32))
        return self._filters

    def to_dict(self) -> dict:
        """The settings that are saved; the filters follow from them."""
        return {key: value for key, value in super().to_dict().items() if key != "_filters"}
