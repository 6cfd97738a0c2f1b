"""Spectrogram and pitch of every channel as HTML: as wide as the time line, with its cursor, playing on a click."""

import io
import re
from base64 import b64encode
from html import escape

import numpy as np
from matplotlib import image

from ser_demo.acoustics import HIGHEST, LOWEST, SoundPicture
from ser_demo.ui.words import Language, say

DEPTH = 75.0  # dB below the loudest that are still told from black
HEIGHT = 100  # units of the pitch's drawing


def picture_html(picture: SoundPicture, duration: float, names: list[str], language: Language) -> str:
    """A figure for each channel, and how to read it."""
    if not picture.mel.shape[1]:
        return f'<p class="ser-quiet">{say(language, "sound.short")}</p>'
    figures = "".join(
        f"<figure><figcaption>{_caption(name, language)}</figcaption>"
        f'<div class="ser-picture" data-whole="{duration:.3f}">'
        f'<img alt="{_caption(name, language)}" src="{mel_png(mel)}">'
        f'{pitch_svg(pitch)}<div class="ser-cursor"></div></div></figure>'
        for name, mel, pitch in zip(names, picture.mel, picture.pitch, strict=True)
    )
    return f'<section class="ser-pictures"><p class="ser-quiet">{_how(language)}</p>{figures}</section>'


def with_names(drawn: str, names: list[str], language: Language) -> str:
    """What `picture_html` drew, with other names of the channels or in another language; nothing is drawn anew."""
    if drawn.startswith('<p class="ser-quiet">'):
        return f'<p class="ser-quiet">{say(language, "sound.short")}</p>'
    drawn = re.sub(r'(?<=<p class="ser-quiet">)[^<]*', lambda _: _how(language), drawn)
    for element in (r"(?<=<figcaption>)[^<]*", r'(?<=<img alt=")[^"]*'):
        called = iter(names)
        drawn = re.sub(element, lambda _, called=called: _caption(next(called), language), drawn)
    return drawn


def _caption(name: str, language: Language) -> str:
    return escape(say(language, "sound.mel", name=name))


def _how(language: Language) -> str:
    return say(language, "sound.how", low=f"{LOWEST:.0f}", high=f"{HIGHEST:.0f}")


def mel_png(mel: np.ndarray) -> str:
    """Levels in dB, (frames, bands), as the address of an image: time to the right, high tones at the top."""
    file = io.BytesIO()
    image.imsave(file, mel.T, vmin=-DEPTH, vmax=0, cmap="magma", origin="lower", format="png")
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"


def pitch_svg(pitch: np.ndarray) -> str:
    """Hz of each frame, (frames,), as a line that breaks where there is no voice; every octave is as high."""
    heights = HEIGHT * (1 - np.log(pitch / LOWEST) / np.log(HIGHEST / LOWEST))
    path, open_line = [], False
    for x, y in enumerate(heights):
        if np.isfinite(y):
            path.append(f"{'L' if open_line else 'M'}{x} {y:.0f}{'' if open_line else 'h1'}")
        open_line = bool(np.isfinite(y))
    return (
        f'<svg viewBox="0 0 {len(pitch)} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="{"".join(path)}" vector-effect="non-scaling-stroke"/></svg>'
    )
