"""The model card: true of whatever was trained on whatever, readable by the Hub, and with the right licence."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from ser_demo import SerError
from ser_demo.evaluation.figures import (
    ClassFigures,
    CorpusFigures,
    CoveragePoint,
    Evaluation,
    GroupFigures,
    LengthFigures,
    Scaling,
)
from ser_demo.evaluation.markdown import to_markdown
from ser_demo.publishing.card import write_card
from ser_demo.publishing.licence import check_may_be_shared, licence_of
from ser_demo.publishing.records import read_records
from ser_demo.settings import EMBEDDED


@pytest.mark.parametrize(
    ("corpora", "start", "identifier", "name"),
    [
        (["ravdess", "crema-d", "emodb", "nemo"], None, "cc-by-nc-sa-4.0", None),
        (["crema-d"], None, "odbl", None),
        (["emodb", "crema-d"], "org/base", "odbl", None),
        (["emodb"], None, "cc0-1.0", None),
        (["emodb"], "org/base", "other", "of-the-base-model"),
        (["savee", "ravdess"], None, "other", "research-only"),
        (["tess", "savee", "ravdess"], None, "other", "no-derivatives"),
        (["ravdess", "my-calls"], None, "other", "unspecified"),
        ([], "org/base", "other", "unspecified"),
    ],
)
def test_the_strictest_corpus_decides_the_licence(
    corpora: list[str], start: str | None, identifier: str, name: str | None
) -> None:
    licence = licence_of(corpora, start)
    assert (licence.id, licence.name) == (identifier, name)


@pytest.mark.parametrize("corpora", [["tess"], ["tess", "ravdess"], ["tess", "my-calls"]])
def test_tess_is_never_passed_over(corpora: list[str]) -> None:
    sentence = licence_of(corpora, None).sentence
    assert "does not allow adaptations to be shared" in sentence
    assert ("my-calls" in sentence) == ("my-calls" in corpora)


def part(speakers: list[str], gender: str, languages: list[str]) -> dict[str, Any]:
    """What training.json says of one corpus."""
    return {"clips": 10, "speakers": speakers, "genders": {gender: len(speakers)}, "languages": languages}


def training(start: str, train: dict[str, Any], dev: dict[str, Any]) -> dict[str, Any]:
    return {
        "command": "python -m ser_demo finetune --data recordings --output model",
        "seed": 7,
        "start": start,
        "epochs": 20,
        "epoch": 11,
        "parameters": 1_234_567,
        "speakers": {"train": train, "dev": dev},
        "dev_uar": 0.613,
        "log": [],
    }


OURS = training(
    "smart-turn-v3.2-cpu.onnx (sha256 899a)",
    {"nemo": part(["EB0", "KS0"], "unknown", ["pl"]), "ravdess": part(["02", "03"], "male", ["en"])},
    {"nemo": part(["MK0"], "unknown", ["pl"]), "ravdess": part(["04"], "female", ["en"])},
)
THEIRS = training(
    "facebook/hubert-base-ls960", {"my|calls": part([""], "unknown", [])}, {"my|calls": part([""], "unknown", [])}
)


def figures(corpus: str, uar: float) -> CorpusFigures:
    return CorpusFigures(
        corpus=corpus,
        clips=60,
        speakers=3,
        labels=2,
        unanswered=1,
        uar=uar,
        wa=0.62,
        macro_f1=0.59,
        ece=0.253,
        uar_strict=0.51,
        intervals={name: (uar - 0.1, uar + 0.1) for name in ("uar", "wa", "macro_f1", "ece")},
        ece_before=0.3,
        ece_after=0.253,
        classes=(ClassFigures("happy", 30, 0.7, 0.8, 0.75), ClassFigures("sad", 30, 0.6, 0.4, 0.5)),
        confusion=((24, 5, 1), (18, 12, 0)),
        reliability=(),
        by_gender=(GroupFigures("female", 2, 40, 0.7, 0.7), GroupFigures("male", 1, 20, 0.4, 0.5)),
        by_speaker=(GroupFigures("01", 1, 20, 0.6, 0.6),),
        coverage=(CoveragePoint(0.0, 0.98, 0.63), CoveragePoint(0.45, 0.7, 0.71)),
        robustness=(),
        lengths=(LengthFigures(1.0, 40, 0.47), LengthFigures(3.0, 12, 0.615)),
    )


EVALUATION = Evaluation(
    "my-model",
    "test",
    (figures("ravdess", 0.6), figures("tess", 0.5)),
    {},
    (),
    Scaling(0.9, is_folded_in=True),
    0.45,
    (),
)
CALIBRATION = {
    "temperature": 0.9,
    "biases": {"happy": 0.25, "sad": -1},
    "uncertain_below": 0.45,
    "dev_ece_before": 0.3,
    "dev_ece_after": 0.04,
}
CONFIG, PREPROCESSOR = (json.loads((EMBEDDED / f"{name}config.json").read_text()) for name in ("", "preprocessor_"))
WHISPER = {"feature_extractor_type": "WhisperFeatureExtractor", "chunk_length": 5}
EMPTY = ("None", "nan", "{{", "{%", "More information", "TODO")  # marks of a card that nobody has read


def card_of(folder: Path, records: dict[str, dict[str, Any]]) -> str:
    """The card of the embedded network with other records beside it."""
    folder.mkdir()
    for name in ("config.json", "preprocessor_config.json"):
        shutil.copy(EMBEDDED / name, folder)
    for name, content in records.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    write_card(folder)
    card = (folder / "README.md").read_text()
    assert not [mark for mark in EMPTY if mark in card]
    return card


def test_ours_tells_all_that_is_known(tmp_path: Path) -> None:
    records = {"training": OURS, "calibration": CALIBRATION, "evaluation": EVALUATION.to_dict()}
    card = card_of(tmp_path / "my-model", records)
    for needed in (
        "# my-model\n", 'EmotionRecognizer("my-model")', "trust_remote_code=True", "1.23 million parameters",
        "speakers that it has never heard", "| ravdess | 60 |", "Nothing of TESS was trained on",
        "| corpus | happy | sad |", "| corpus | female | male |", "It misses sad most: it finds 40 % of such clips",
        "takes them for happy", "nEMO, training: EB0, KS0", "| ravdess | training | 10 | 2 | 2 male | English |",
        "| nemo | development | 10 | 1 | unknown | Polish |", "finetune --data recordings", "Seed 7",
        "happy +0.25, sad -1.00", "30.0 % before and 4.0 % after", "adults speaking English and Polish",
        "Article 5(1)(f)", "Article 50(3)", "CC BY-NC-SA 4.0, which follows", "Christop (2024)", "Livingstone",
        "Copyright (c) 2022 OpenAI", "no lie detector",
        "below 45 % is called uncertain: of those above, about 4 in 5", "| ravdess | 70.0 | 71.0 | 62.0 |",
        "| tess | 47.0 (40) | 61.5 (12) |",
    ):  # fmt: skip
        assert needed in card, needed
    assert "CREMA-D" not in card and "may rest on voices that trained it" not in card


def test_an_emotion_without_a_test_clip_is_not_called_missed(tmp_path: Path) -> None:
    row = EVALUATION.corpora[0]
    classes = (row.classes[0], ClassFigures("sad", 0, 0.0, 0.0, 0.0))
    evaluation = replace(EVALUATION, corpora=(replace(row, classes=classes), EVALUATION.corpora[1]))
    card = card_of(tmp_path / "my-model", {"training": OURS, "evaluation": evaluation.to_dict()})
    assert "| ravdess | 80.0 |  |" in card and "| tess | 80.0 | 40.0 |" in card


def test_a_model_of_somebody_elses_recordings_claims_nothing_of_ours(tmp_path: Path) -> None:
    card = card_of(tmp_path / "theirs", {"training": THEIRS})
    for needed in (
        "license: other", "base_model: facebook/hubert-base-ls960", "depends on the terms of my|calls",
        "was not measured", "| my\\|calls | training | 10 | unknown | unknown | unknown |",
        "They began as [facebook/hubert-base-ls960]", "voices of its training recordings.",
    ):  # fmt: skip
        assert needed in card, needed
    for ours in ("Smart Turn", "CC BY-NC-SA", "RAVDESS", "actors", "adults", "model-index", "masked out"):
        assert ours not in card, ours


def test_what_trained_the_start_is_told_with_its_terms(tmp_path: Path) -> None:
    own = {"emodb": part(["03"], "male", ["de"])}
    tess = {"train": {"tess": part(["OAF"], "female", ["en"])}, "dev": {}}
    lineage = [{"start": "random", "speakers": {"train": own, "dev": {}}}, {"start": OURS["start"], "speakers": tess}]
    record = {**training("my-model", own, {"emodb": part(["09"], "female", ["de"])}), "lineage": lineage}
    card = card_of(tmp_path / "again", {"training": record, "evaluation": EVALUATION.to_dict()})
    for needed in (
        "license_name: no-derivatives", "does not allow adaptations to be shared", "Smart Turn", "- de\n- en\n",
        "| emodb | training | 10 |",
        "| tess | training, of an earlier training | 10 | 1 | 1 female | English |",
        "Nothing of RAVDESS was trained on", "has never heard",
    ):  # fmt: skip
        assert needed in card, needed
    assert card.count("| emodb | training") == 1  # the same recordings trained before
    lineage[0]["speakers"]["train"] = {"emodb": part(["03", "09"], "male", ["de"])}
    card = card_of(tmp_path / "leak", {"training": record, "evaluation": EVALUATION.to_dict()})
    assert "may rest on voices that trained it" in card


def test_whose_layers_a_training_began_with_and_learned_from_is_told_with_their_terms(tmp_path: Path) -> None:
    own = {"emodb": part(["03"], "male", ["de"])}
    record = training("tiny.en.pt (sha256 d3dd)", own, {"emodb": part(["09"], "female", ["de"])})
    alone = card_of(tmp_path / "alone", {"training": record})
    assert "began as those of Whisper, as OpenAI" in alone and "Copyright (c) 2022 OpenAI" in alone
    assert "Smart Turn" not in alone
    taught = {**record, "lineage": [{"start": OURS["start"], "speakers": {"train": own, "dev": {}}}]}
    card = card_of(tmp_path / "taught", {"training": taught})
    assert "The first layers began as those of Whisper" in card and "what taught them began as those of Smart" in card
    assert "2026, Daily" in card and card.count("Copyright (c) 2022 OpenAI") == 1
    fitted = {"of": "fitted", "start": record["start"], "speakers": {"train": own, "dev": {}}}
    later = {**training("fitted", own, {}), "lineage": [fitted, *taught["lineage"]]}
    card = card_of(tmp_path / "later", {"training": later})
    assert "The first layers began as those of Whisper" in card and "whose terms apply too" not in card


def test_the_card_tells_how_the_start_and_the_teachers_were_made(tmp_path: Path) -> None:
    own = {"emodb": part(["03"], "male", ["de"])}
    speakers = {"train": own, "dev": {}}
    record = training("second", own, {"emodb": part(["09"], "female", ["de"])})
    lineage = [
        {"of": "second", "commands": ["finetune --output one", "average one --output second"]},
        {"of": "first", "commands": ["finetune --output one", "finetune --output first"]},
        {"of": "of-an-earlier-version"},
    ]
    record["lineage"] = [{**step, "start": "random", "speakers": speakers} for step in lineage]
    card = card_of(tmp_path / "third", {"training": record})
    told = "# second\nfinetune --output one\naverage one --output second\n# first\nfinetune --output first\n```"
    assert told in card and "of-an-earlier-version" not in card


def test_what_checkpoints_of_one_name_began_with_is_told(tmp_path: Path) -> None:
    """As of runs/1/model, which began runs/2/model, which begins this one: cards name no folders around them."""
    own = {"calls": part(["1"], "female", ["en"])}
    speakers = {"train": own, "dev": {}}
    lineage = [
        {"of": "model", "start": start, "speakers": speakers} for start in ("model", "facebook/hubert-base-ls960")
    ]
    record = {**training("model", own, {}), "lineage": lineage}
    assert "base_model: facebook/hubert-base-ls960" in card_of(tmp_path / "third", {"training": record})


def test_what_went_into_several_means_is_told_once(tmp_path: Path) -> None:
    def mean(of: list[dict[str, Any]], command: str) -> dict[str, Any]:
        return {**OURS, "averaged": of, "command": command}

    start = {**OURS, "command": "finetune --output start"}
    means = [mean([start, {**OURS, "command": f"finetune --output {name}"}], f"average start {name}") for name in "ab"]
    card = card_of(tmp_path / "mean", {"training": mean(means, "average of both")})
    commands = [line for line in card.splitlines() if line.startswith(("finetune --output", "average "))]
    assert commands == [
        "finetune --output start", "finetune --output a", "average start a",
        "finetune --output b", "average start b", "average of both",
    ]  # fmt: skip


def test_what_trained_a_part_of_a_mean_counts_for_its_terms(tmp_path: Path) -> None:
    """Also where the mean's own record, as earlier versions wrote it, knows nothing of it."""
    own = {"emodb": part(["03"], "male", ["de"])}
    tess = training("random", {"tess": part(["OAF"], "female", ["en"])}, {})
    mean = {**training("random", own, {}), "averaged": [{**training("random", own, {}), "averaged": [tess]}]}
    card = card_of(tmp_path / "mean", {"training": mean})
    for needed in ("license_name: no-derivatives", "- de\n- en\n", "| tess | training | 10 | 1 | 1 female | English |"):
        assert needed in card, needed
    with pytest.raises(SerError, match="TESS is CC BY-NC-ND"):
        check_may_be_shared(read_records(tmp_path / "mean").corpora)


@pytest.mark.parametrize("where", ["train", "dev", "averaged", "lineage"])
def test_figures_of_speakers_who_had_a_part_are_marked(where: str, tmp_path: Path) -> None:
    """The figures' RAVDESS speaker 01 trained or chose something."""
    own = {"emodb": part(["03"], "male", ["de"])}
    measured = {"ravdess": part(["01"], "male", ["en"])}
    plain, leak = training("random", own, {}), training("random", measured, {})
    record = {
        "train": training("random", own | measured, {}),
        "dev": training("random", own, measured),
        "averaged": {**plain, "averaged": [plain, {**plain, "averaged": [leak]}]},
        "lineage": {**plain, "lineage": [{"start": "random", "speakers": leak["speakers"]}]},
    }[where]
    card = card_of(tmp_path / where, {"training": record, "evaluation": EVALUATION.to_dict()})
    assert "may rest on voices that trained it" in card and "has never heard" not in card


def test_figures_of_speakers_who_may_have_trained_are_marked(tmp_path: Path) -> None:
    card = card_of(tmp_path / "leak", {"training": THEIRS, "evaluation": EVALUATION.to_dict()})
    assert "may rest on voices that trained it" in card and "has never heard" not in card


def test_the_names_of_speakers_stay_out_unless_their_corpus_is_public(tmp_path: Path) -> None:
    private = {"calls": part(["Alice Smith"], "female", ["en"])}
    card = card_of(tmp_path / "private", {"training": training("random", private, private)})
    assert "Alice" not in card and "| calls | training | 10 | 1 | 1 female | English |" in card


def test_figures_without_a_training_record_claim_nothing_of_it(tmp_path: Path) -> None:
    card = card_of(tmp_path / "measured", {"evaluation": EVALUATION.to_dict()})
    assert "may rest on voices that trained it" in card and "Nothing of" not in card


def test_a_bare_checkpoint_gets_a_card_too(tmp_path: Path) -> None:
    card = card_of(tmp_path / "bare", {})
    assert "not recorded in this folder" in card and "was not measured" in card and "license: other" in card


def test_a_network_that_hears_levels_or_few_seconds_is_told_with_what_it_knows(tmp_path: Path) -> None:
    whisper = {"config": {**CONFIG, "model_type": "whisper"}, "preprocessor_config": {**PREPROCESSOR, **WHISPER}}
    card, ours = card_of(tmp_path / "whisper", whisper), card_of(tmp_path / "ours", {})
    assert "brought to -23.0 dBFS" in card and "hears the first 5 seconds" in card
    assert "dBFS" not in ours and "hears the first" not in ours


def test_the_hub_reads_its_head(tmp_path: Path) -> None:
    card = card_of(tmp_path / "my-model", {"training": OURS, "evaluation": EVALUATION.to_dict()})
    data = ModelCard(card).data
    assert (data.license, data.library_name, data.pipeline_tag) == (
        "cc-by-nc-sa-4.0",
        "transformers",
        "audio-classification",
    )
    assert (data.language, data.datasets, data.model_name) == (["en", "pl"], ["amu-cai/nEMO"], "my-model")
    assert data.get("base_model") is None
    results = {(result.dataset_type, result.metric_type): result.metric_value for result in data.eval_results}
    assert results["ravdess", "recall"] == 0.6 and results["tess", "ece"] == 0.253 and len(results) == 8
    assert ModelCard(ModelCard(card).content).data.to_dict() == data.to_dict()


def test_an_evaluation_comes_back_as_it_was_written(tmp_path: Path) -> None:
    card_of(tmp_path / "my-model", {"evaluation": EVALUATION.to_dict()})
    evaluation = read_records(tmp_path / "my-model").evaluation
    assert evaluation == EVALUATION


def test_the_card_rounds_figures_as_the_run_that_found_them_did(tmp_path: Path) -> None:
    found = replace(EVALUATION, corpora=(figures("ravdess", 0.69946),))  # 0.6995 in between would become 70.0
    row = next(line for line in to_markdown(found).splitlines() if line.startswith("| ravdess"))
    assert "69.9" in row and row in card_of(tmp_path / "my-model", {"evaluation": found.to_dict()})


def test_an_evaluation_of_another_version_is_said(tmp_path: Path) -> None:
    with pytest.raises(SerError, match=r"evaluation\.json: was written by another version"):
        card_of(tmp_path / "old", {"evaluation": {"model": "embedded", "split": "test", "corpora": []}})
