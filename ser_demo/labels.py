"""Names of emotions: the eight of SER Demo, and what other checkpoints and corpora call them."""

from collections.abc import Iterable

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")

_ALSO_CALLED = {
    "neutral": ("neu", "neutrality", "no emotion"),
    "calm": ("cal", "calmness", "relaxed"),
    "happy": ("hap", "happiness", "joy", "joyful", "amusement"),
    "sad": ("sadness",),
    "angry": ("ang", "anger"),
    "fearful": ("fea", "fear", "scared"),
    "disgust": ("dis", "disgusted"),
    "surprised": ("sur", "surprise", "ps", "pleasant surprise", "pleasant surprised"),
}
_KNOWN = {other: emotion for emotion, others in _ALSO_CALLED.items() for other in (emotion, *others)}


def canonical_label(name: str) -> str:
    """The name in `EMOTIONS` that `name` means ("HAP", "Happiness" -> "happy"); unknown names come back unchanged."""
    return _KNOWN.get(name.strip().lower().replace("_", " "), name)


def canonical_labels(names: list[str]) -> list[str]:
    """Each of a checkpoint's label names made canonical.

    Where two of them would become one ("JOY" beside "HAPPY"), only the one that is spelled like it does, and the other
    stays as the checkpoint has it, so that no probability is lost.
    """
    canonical, spelled = [canonical_label(name) for name in names], [name.strip().lower() for name in names]
    return [
        new if canonical.count(new) == 1 or (own == new and spelled.count(new) == 1) else old
        for old, new, own in zip(names, canonical, spelled, strict=True)
    ]


def in_order(names: Iterable[str]) -> list[str]:
    """Each name once: the eight in their own order, then any others by the alphabet."""
    found = set(names)
    return [*(emotion for emotion in EMOTIONS if emotion in found), *sorted(found - set(EMOTIONS))]
