"""When an emotion is not to be believed: none is probable enough, or the noise is louder than the voice."""

from ser_demo.result import Scores

LEAST_RATIO = 0.0  # dB of speech to noise; below it two answers in five are right, however sure the model is


def doubt(scores: Scores, uncertain_below: float, ratio: float | None) -> str | None:
    """What speaks against the most probable of some scores, None for nothing.

    Args:
        scores: at least one.
        uncertain_below: probability that the most probable emotion must reach.
        ratio: of speech to noise, in dB; None where it is not known.
    """
    if max(scores.values()) < uncertain_below:
        return f"no emotion reaches {100 * uncertain_below:.0f} %"
    if ratio is not None and ratio < LEAST_RATIO:
        return "the noise is louder than the voice"
    return None
