"""How far speech stands out of what is heard around it."""

from collections.abc import Sequence

import numpy as np

from ser_demo.speech import SAMPLE_RATE, Region

FRAME = SAMPLE_RATE // 20  # samples, 50 ms
REACH = 20  # frames before and after a region that tell how loud its surroundings are
EDGE = 4  # frames next to a region that are left out: the last soft sounds of a word are no noise
LEAST = 10  # frames of surroundings, half a second, without which nothing is said


class NoiseMeter:
    """The signal-to-noise ratio of one channel, whose samples come block by block; holds 80 bytes per second."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, dtype=np.float32)
        self._power: list[np.ndarray] = []  # mean square of each frame

    def feed(self, samples: np.ndarray) -> None:
        """Takes the next (n,) samples at `SAMPLE_RATE`."""
        samples = np.concatenate([self._rest, samples])
        whole = len(samples) // FRAME * FRAME
        self._rest = samples[whole:]
        if whole:
            self._power.append(np.mean(np.square(samples[:whole].reshape(-1, FRAME)), axis=1))

    def ratio(self, regions: Sequence[Region], end: int | None = None) -> float | None:
        """dB between speech and its surroundings; None where too little is heard but speech.

        The surroundings are what lies within a second of the regions: music on hold minutes ago disturbs nobody.

        Args:
            regions: where there is speech.
            end: the sample from which on nothing counts, as somebody may go on speaking whom no region holds.
        """
        power = np.concatenate(self._power) if self._power else np.zeros(0)
        power = power[: None if end is None else end // FRAME]
        is_speech, is_near, is_edge = (np.zeros(len(power), dtype=bool) for _ in range(3))
        for region in regions:
            first, after = region.start // FRAME, -(-region.end // FRAME)
            is_speech[first:after] = True
            is_edge[max(0, first - EDGE) : after + EDGE] = True
            is_near[max(0, first - REACH) : after + REACH] = True
        around = power[is_near & ~is_edge]
        if len(around) < LEAST or not is_speech.any():
            return None
        noise = max(float(np.median(around)), 1e-12)
        return float(10 * np.log10(max(float(power[is_speech].mean()) - noise, 1e-12) / noise))
