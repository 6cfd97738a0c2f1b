"""Under which licence trained weights may be shared: it follows from the terms of the recordings that trained them.

Whether weights are an adaptation of the recordings is not settled in law; this takes the careful side and treats them
as one. So the strictest of the corpora decides:

- No derivatives (TESS): an adaptation may be made but not shared. There is no licence to offer, and they
  are published in private only.
- Research only (SAVEE): its terms let research use it and say nothing of passing on what comes of it.
- Non-commercial, share alike (RAVDESS, nEMO): adaptations carry the same licence. It goes together with the next two:
  what is made with an ODbL database is a "produced work" (ODbL 1.0, section 4.3), which needs a notice and may have any
  licence, and CC0 asks nothing.
- Open database (CREMA-D): alone, or with CC0, its own licence is the one that surely fits.
- Public domain (EmoDB): asks nothing, so the terms of what training began from decide, where it began from anything.

Corpora that `corpora.public` does not list have terms that only those who recorded them know.
"""

from collections.abc import Collection
from dataclasses import dataclass

from ser_demo.corpora.public import SOURCES, Terms, title_of
from ser_demo.errors import SerError


def check_may_be_shared(corpora: Collection[str]) -> None:
    """Whether weights that these corpora trained or chose may be shown to others at all.

    Raises:
        SerError: the terms of one of them forbid it.
    """
    if forbidden := [name for name in corpora if name in SOURCES and SOURCES[name].terms is Terms.NO_DERIVATIVES]:
        name = forbidden[0]
        raise SerError(
            f"{title_of(name)} is {SOURCES[name].licence}, which does not allow adaptations to be shared, and weights "
            "that it trained may be one. Publish with --private, or train without it."
        )


@dataclass(frozen=True)
class Licence:
    """Of weights: the Hub's identifier, for "other" a name, and the sentence that a card says about it."""

    id: str
    name: str | None
    sentence: str


_UNSPECIFIED = (
    "not settled. Their licence depends on {}: until whoever may decide has written it here, and as `license` at the "
    "head of this card, nobody else has one."
)
_TESS = (
    " TESS is CC BY-NC-ND 4.0, which does not allow adaptations to be shared: keep the weights to yourself, or train "
    "without TESS."
)


def licence_of(corpora: Collection[str], start: str | None) -> Licence:
    """The licence of weights.

    Args:
        corpora: names of all that trained or chose anything; those that test only do not count.
        start: what training began from if that has terms of its own, such as a Hub id; None for random weights.
    """
    if unknown := sorted(set(corpora) - SOURCES.keys()):
        whose = f"the terms of {' and '.join(unknown)}, which SER Demo does not know"
        return Licence("other", "unspecified", f"{_UNSPECIFIED.format(whose)}{_TESS if 'tess' in corpora else ''}")
    if not corpora:
        return Licence(
            "other", "unspecified", _UNSPECIFIED.format("the training recordings, which this folder does not name")
        )
    match max(SOURCES[name].terms for name in corpora):
        case Terms.NO_DERIVATIVES:
            return Licence("other", "no-derivatives", f"none.{_TESS}")
        case Terms.RESEARCH_ONLY:
            return Licence(
                "other", "research-only", "for research only, because the terms of SAVEE allow nothing else."
            )
        case Terms.NON_COMMERCIAL:
            return Licence("cc-by-nc-sa-4.0", None, "CC BY-NC-SA 4.0, which follows from the training data.")
        case Terms.OPEN_DATABASE:
            return Licence("odbl", None, "Open Database License 1.0, which follows from the training data.")
    if start is not None:
        return Licence("other", "of-the-base-model", f"that of {start}, for the training data ask nothing.")
    return Licence("cc0-1.0", None, "CC0 1.0: the training data ask nothing.")
