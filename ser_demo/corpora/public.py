"""The public corpora that SER Demo knows by name: what they are called, who made them, and on what terms."""

from dataclasses import dataclass
from enum import IntEnum


class Terms(IntEnum):
    """What a corpus asks of those who share weights, from the least to the most."""

    PUBLIC_DOMAIN = 0
    OPEN_DATABASE = 1
    NON_COMMERCIAL = 2
    RESEARCH_ONLY = 3
    NO_DERIVATIVES = 4


@dataclass(frozen=True)
class Source:
    """A public corpus as cards name it; `hub_id` is its authors' own dataset on the Hub, if there is one."""

    title: str
    licence: str
    terms: Terms
    citation: str
    hub_id: str | None = None


SOURCES = {
    "ravdess": Source(
        "RAVDESS",
        "CC BY-NC-SA 4.0",
        Terms.NON_COMMERCIAL,
        "Livingstone, Russo (2018), PLoS ONE 13(5): e0196391",
    ),
    "crema-d": Source(
        "CREMA-D",
        "Open Database License 1.0",
        Terms.OPEN_DATABASE,
        "Cao, Cooper, Keutmann, Gur, Nenkova, Verma (2014), IEEE Trans. Affective Computing 5(4)",
    ),
    "tess": Source(
        "TESS",
        "CC BY-NC-ND 4.0",
        Terms.NO_DERIVATIVES,
        "Pichora-Fuller, Dupuis (2020), Borealis, doi:10.5683/SP2/E8H2MF",
    ),
    "savee": Source(
        "SAVEE",
        "research only",
        Terms.RESEARCH_ONLY,
        "Haq, Jackson (2010), Multimodal Emotion Recognition, in Machine Audition, IGI Global",
    ),
    "emodb": Source(
        "EmoDB",
        "CC0",
        Terms.PUBLIC_DOMAIN,
        "Burkhardt, Paeschke, Rolfes, Sendlmeier, Weiss (2005), Interspeech",
    ),
    "nemo": Source(
        "nEMO",
        "CC BY-NC-SA 4.0",
        Terms.NON_COMMERCIAL,
        "Christop (2024), LREC-COLING",
        "amu-cai/nEMO",
    ),
}


def title_of(corpus: str) -> str:
    """What a corpus is called in prose."""
    return SOURCES[corpus].title if corpus in SOURCES else corpus


def hub_id_of(corpus: str) -> str | None:
    """The dataset on the Hub, where it is known."""
    return SOURCES[corpus].hub_id if corpus in SOURCES else None
