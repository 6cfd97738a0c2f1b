"""The last step of a training: probabilities that mean what they say, and a bound below which they say too little."""

from typing import Any, cast

import numpy as np
from scipy.special import softmax
from transformers import EvalPrediction, PreTrainedModel

from ser_demo.evaluation.calibration import balanced_weights, fit_calibration, fold_calibration
from ser_demo.evaluation.coverage import accuracy_at, choose_bound
from ser_demo.evaluation.metrics import expected_calibration_error, restrict
from ser_demo.training.architectures import output_layer
from ser_demo.training.dataset import ClipDataset
from ser_demo.training.losses import development_metrics


def calibrate(
    model: PreTrainedModel, logits: np.ndarray, dev: ClipDataset, labels: list[str]
) -> tuple[dict[str, Any], float]:
    """Fits temperature, biases and the bound of uncertainty on the development clips, and puts them into `model`.

    Args:
        model: the network that gave the logits; its last layer and its configuration are changed.
        logits: (n, labels) of the development clips.
        dev: those clips.
        labels: the network's.

    Returns:
        What was fitted, with the calibration error before and after, and the shares of clips that reach the bound
        ("answered") and of right ones among them ("right_above"), every emotion counting alike; the development UAR
        after it.
    """
    classes, known = np.array(dev.classes), np.stack(dev.known)
    weights = balanced_weights(dev.table).to_numpy()
    temperature, biases = fit_calibration(logits, classes, known, weights)
    fold_calibration(output_layer(model), temperature, biases)
    calibrated = logits / temperature + biases
    probabilities = softmax(calibrated, axis=1)
    is_right = restrict(probabilities, known).argmax(1) == classes
    certainty = probabilities.max(1)
    bound = choose_bound(certainty, is_right, weights)
    answered, right_above = accuracy_at(certainty, is_right, weights, bound)
    model.config.uncertain_below = bound

    def error(logits: np.ndarray) -> float:
        return expected_calibration_error(classes, restrict(softmax(logits, axis=1), known))

    record = {
        "temperature": temperature,
        "biases": dict(zip(labels, biases.tolist(), strict=True)),
        "uncertain_below": bound,
        "answered": answered,
        "right_above": right_above,
        "dev_ece_before": error(logits),
        "dev_ece_after": error(calibrated),
    }
    truth = np.eye(len(labels))[classes]
    figures = development_metrics(dev.table)(EvalPrediction(calibrated, cast(Any, (truth, known))))
    return record, figures["uar"]
