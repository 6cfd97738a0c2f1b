"""What the recordings are, drawn: how many, how long, how loud, and how each emotion looks."""

import librosa
import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from ser_demo.corpora.cleaning import Clip
from ser_demo.reports.drawing import COLOURS, FOREGROUND, STYLE, to_svg
from ser_demo.speech import SAMPLE_RATE

HOP = 160  # samples, 10 ms
PITCH_FRAME = 1024  # samples, 64 ms: four periods of the lowest pitch
PITCH_RANGE = (60.0, 600.0)  # Hz, from a man's creak to a woman's scream
MEL_BANDS = 80
DYNAMIC_RANGE = 70.0  # dB below the loudest cell that is still told from black


def draw_emotions(counts: pd.DataFrame) -> str:
    """Clips by emotion, piled up by corpus.

    Args:
        counts: (corpora, emotions).
    """
    return _draw_piles({str(corpus): row for corpus, row in counts.iterrows()}, list(counts.columns))


def draw_splits(counts: pd.DataFrame) -> str:
    """Clips by corpus, piled up by split.

    Args:
        counts: (corpora, splits).
    """
    return _draw_piles({str(split): column for split, column in counts.items()}, list(counts.index))


def draw_histogram(table: pd.DataFrame, column: str, label: str, counted: str, highest: float | None = None) -> str:
    """How often each value of a column occurs, piled up by corpus; values above `highest` join the last bar."""
    values = table[column].clip(upper=highest)
    edges = np.histogram_bin_edges(values, bins=40).tolist()
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5, 3), layout="constrained")
        axes = figure.subplots()
        parts = [(corpus, values[rows]) for corpus, rows in table.groupby("corpus").groups.items()]
        axes.hist(
            [part for _, part in parts], edges, stacked=True, label=[str(corpus) for corpus, _ in parts], rwidth=0.9
        )
        axes.set(xlabel=label, ylabel=counted)
        axes.grid(axis="y")
        if len(parts) > 1:
            axes.legend(fontsize=8)
        return to_svg(figure)


def draw_example(clip: Clip) -> str:
    """One clip: its waveform, its log-mel spectrogram in dB and its pitch in Hz where there is one, over seconds."""
    samples = clip.samples.astype(np.float32) / 32767
    time = np.arange(len(samples)) / SAMPLE_RATE
    mel = librosa.feature.melspectrogram(y=samples, sr=SAMPLE_RATE, n_fft=512, hop_length=HOP, n_mels=MEL_BANDS)
    decibels = librosa.power_to_db(mel, ref=np.max, top_db=DYNAMIC_RANGE)
    lowest, highest = PITCH_RANGE
    pitch, _, _ = librosa.pyin(
        samples, fmin=lowest, fmax=highest, sr=SAMPLE_RATE, frame_length=PITCH_FRAME, hop_length=HOP
    )
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5, 4.2), layout="constrained")
        wave, spectrogram, contour = figure.subplots(3, sharex=True, height_ratios=(1, 1.6, 1.2))
        wave.plot(time, samples, linewidth=0.4, rasterized=True)
        wave.set(ylim=(-1, 1), ylabel="amplitude", yticks=(-1, 0, 1))
        edges = librosa.mel_frequencies(MEL_BANDS + 1, fmax=SAMPLE_RATE / 2)
        frames = np.arange(decibels.shape[1] + 1) * HOP / SAMPLE_RATE
        spectrogram.pcolormesh(frames, edges, decibels, cmap="magma", rasterized=True)
        spectrogram.set_yscale("function", functions=(librosa.hz_to_mel, librosa.mel_to_hz))
        spectrogram.set(ylabel="mel, Hz", yticks=(500, 1000, 2000, 4000, 8000))
        contour.plot(np.arange(len(pitch)) * HOP / SAMPLE_RATE, pitch, color=COLOURS[1], linewidth=2)
        contour.set(ylabel="pitch, Hz", xlabel="seconds", ylim=PITCH_RANGE, xlim=(0, time[-1]))
        contour.set_yscale("log")
        contour.set_yticks((75, 150, 300, 600), minor=False)
        contour.yaxis.set_major_formatter(ScalarFormatter())
        contour.minorticks_off()
        contour.grid()
        figure.align_ylabels()
        return to_svg(figure)


def _draw_piles(piles: dict[str, pd.Series], names: list[str]) -> str:
    """A lying bar for each name; the piles' counts for it follow each other."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.5, 1.2 + 0.36 * len(names)), layout="constrained")
        axes = figure.subplots()
        left = np.zeros(len(names))
        for name, pile in piles.items():
            axes.barh(names, pile, left=left, height=0.7, label=name)
            left += pile.to_numpy()
        for position, total in enumerate(left):
            axes.annotate(f" {total:.0f}", (total, position), va="center", color=FOREGROUND)
        axes.set(xlabel="clips", xlim=(0, 1.1 * left.max()))
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.grid(axis="x")
        if len(piles) > 1:
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=min(len(piles), 6))
        return to_svg(figure)
