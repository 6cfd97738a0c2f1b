"""DataFlair's "Speech Emotion Recognition with librosa": a perceptron with one hidden layer on means over time."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.systems.fitted import Fitted


def fit(features: np.ndarray, emotions: np.ndarray, epochs: int, seed: int) -> Fitted:
    """Trains on (n, 180) `features.means`, unscaled, with the tutorial's settings."""
    network = MLPClassifier(
        alpha=0.01,
        batch_size=min(256, len(features)),
        epsilon=1e-08,
        hidden_layer_sizes=(300,),
        learning_rate="adaptive",
        max_iter=epochs,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a number of epochs is asked for
        network.fit(features, emotions)
    parameters = sum(part.size for part in (*network.coefs_, *network.intercepts_))
    return Fitted(network.predict, parameters)
