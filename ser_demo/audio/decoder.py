"""What every decoder offers; there is one per library and one for arrays."""

from typing import Protocol

import numpy as np


class Decoder(Protocol):
    """One opened recording that is read front to back."""

    sample_rate: int
    """Samples per second and channel."""
    channel_count: int
    declared_seconds: float | None
    """Length by the header, which may be wrong; None where the container does not say."""
    container: str
    """Short name of the file format, such as wav or mov."""
    track_count: int
    """Sound tracks in the file, of which the first is read."""
    damaged: bool
    """Whether anything undecodable was met so far."""

    def read(self, frame_count: int) -> np.ndarray:
        """The next samples, float32 of shape (channels, n) with n <= frame_count; n is 0 at the end only."""
        ...

    def close(self) -> None:
        """Free the library's memory; the file stays open."""
        ...
