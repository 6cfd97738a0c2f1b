"""The head of a model card: what the Hub's search, its licence label and its table of results read."""

import re

from huggingface_hub import EvalResult, ModelCardData

from ser_demo.corpora.public import hub_id_of, title_of
from ser_demo.evaluation.figures import Evaluation
from ser_demo.publishing.licence import Licence
from ser_demo.publishing.records import Records

# Figure of a corpus, metric id of the Hub, its name, and how it was averaged.
METRICS = (
    ("uar", "recall", "UAR (unweighted average recall)", {"average": "macro"}),
    ("wa", "accuracy", "Accuracy", None),
    ("macro_f1", "f1", "Macro-F1", {"average": "macro"}),
    ("ece", "ece", "Expected calibration error (15 bins)", None),
)
LANGUAGE_CODE = re.compile(r"[a-z]{2,3}")  # ISO 639


def card_data(records: Records, licence: Licence, base_model: str | None) -> ModelCardData:
    """The front matter of a checkpoint's card; `base_model` is the Hub id that training began from."""
    evaluation = records.evaluation
    parts = [part for speakers in records.all_speakers for part in speakers.values()]
    languages = {code for part in parts for of in part.values() for code in of["languages"]}
    hub_ids = {hub_id_of(corpus) for corpus in records.corpora}
    return ModelCardData(
        license=licence.id,
        license_name=licence.name,
        library_name="transformers",
        pipeline_tag="audio-classification",
        language=sorted(filter(LANGUAGE_CODE.fullmatch, languages)) or None,
        base_model=base_model,
        datasets=sorted(filter(None, hub_ids)) or None,
        tags=["speech-emotion-recognition", "audio-classification", "emotion", "speech", "ser-demo"],
        metrics=["recall", "accuracy", "f1"] if evaluation else None,
        model_name=records.name if evaluation else None,
        eval_results=_results(evaluation) if evaluation else None,
    )


def _results(evaluation: Evaluation) -> list[EvalResult]:
    """Each figure, 0 to 1, of each corpus."""
    return [
        EvalResult(
            task_type="audio-classification",
            task_name="Speech emotion recognition",
            dataset_type=hub_id_of(row.corpus) or row.corpus,
            dataset_name=f"{title_of(row.corpus)} ({row.labels} emotions)",
            dataset_split=evaluation.split,
            metric_type=metric,
            metric_name=name,
            metric_value=round(getattr(row, figure), 4),
            metric_args=arguments,
        )
        for row in evaluation.corpora
        for figure, metric, name, arguments in METRICS
    ]
