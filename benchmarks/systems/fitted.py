"""What every system is after its training."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Fitted:
    """A trained system.

    Attributes:
        answer: from the features of n clips to their (n,) emotions.
        parameters: how many numbers the training has set.
    """

    answer: Callable[[np.ndarray], np.ndarray]
    parameters: int
