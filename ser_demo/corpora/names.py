"""The public corpora of acted emotional speech, each recognised by its file names, whatever the audio suffix."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from ser_demo.corpora.speakers import known_gender
from ser_demo.corpora.table import Row
from ser_demo.labels import EMOTIONS


@dataclass(frozen=True)
class NamingScheme:
    """How one corpus names its clips.

    Attributes:
        name: matches a file's name without suffix, in lower case; its groups are columns of the table.
        emotions, intensities: what the groups' codes mean.
    """

    corpus: str
    language: str
    name: re.Pattern[str]
    emotions: Mapping[str, str]
    intensities: Mapping[str, str] = field(default_factory=dict)


# Livingstone & Russo (2018): modality, vocal channel, emotion, intensity, statement, repetition, actor.
RAVDESS = NamingScheme(
    corpus="ravdess",
    language="en",
    name=re.compile(r"03-01-(?P<emotion>0[1-8])-(?P<intensity>0[12])-(?P<sentence>0[12])-0[12]-(?P<speaker>\d\d)"),
    emotions=dict(zip(["01", "02", "03", "04", "05", "06", "07", "08"], EMOTIONS, strict=True)),
    intensities={"01": "normal", "02": "strong"},
)
RAVDESS_SONG_OR_VIDEO = re.compile(r"0[123]-0[12]-0[1-8]-0[12]-0[12]-0[12]-\d\d")

# Cao et al. (2014): actor, sentence, emotion, level. One file ends in X instead of XX.
CREMA_D = NamingScheme(
    corpus="crema-d",
    language="en",
    name=re.compile(
        r"(?P<speaker>10[0-8]\d|109[01])_(?P<sentence>[a-z]{3})_(?P<emotion>ang|dis|fea|hap|neu|sad)_(?P<intensity>xx?|lo|md|hi)"
    ),
    emotions={
        "ang": "angry", "dis": "disgust", "fea": "fearful", "hap": "happy", "neu": "neutral", "sad": "sad",
    },
    intensities={"lo": "low", "md": "medium", "hi": "high"},
)  # fmt: skip

# Pichora-Fuller & Dupuis (2020): speaker, word, emotion. One file of the older actress is named OA.
TESS = NamingScheme(
    corpus="tess",
    language="en",
    name=re.compile(
        r"(?P<speaker>oaf?|yaf)_(?P<sentence>[a-z]+)_"
        r"(?P<emotion>angry|disgust|fear|happy|neutral|ps|pleasant_surprised?|sad)"
    ),
    emotions={
        "angry": "angry", "disgust": "disgust", "fear": "fearful", "happy": "happy", "neutral": "neutral",
        "ps": "surprised", "pleasant_surprise": "surprised", "pleasant_surprised": "surprised", "sad": "sad",
    },
)  # fmt: skip

# Haq & Jackson (2009): speaker, emotion, number; older copies have one folder per speaker and names without them.
# Three sentences are spoken in every emotion, but their numbers differ between emotions: the code keeps both.
SAVEE = NamingScheme(
    corpus="savee",
    language="en",
    name=re.compile(r"(?P<speaker>dc|je|jk|kl)[_/](?P<sentence>(?P<emotion>a|d|f|h|n|sa|su)\d\d)"),
    emotions={
        "a": "angry", "d": "disgust", "f": "fearful", "h": "happy", "n": "neutral", "sa": "sad", "su": "surprised",
    },
)  # fmt: skip

# Burkhardt et al. (2005): speaker, text, emotion, version.
EMODB = NamingScheme(
    corpus="emodb",
    language="de",
    name=re.compile(r"(?P<speaker>03|08|09|1[0-6])(?P<sentence>[ab]\d\d)(?P<emotion>[wleaftn])[a-z]?"),
    emotions={
        "w": "angry", "l": "bored", "e": "disgust", "a": "fearful", "f": "happy", "t": "sad", "n": "neutral",
    },
)  # fmt: skip

# Christop (2024): speaker, emotion, sentence.
NEMO = NamingScheme(
    corpus="nemo",
    language="pl",
    name=re.compile(
        r"(?P<speaker>(?:eb|ic|kd|ks|mk|mp|sm|tp|wr)0)_(?P<emotion>anger|fear|happiness|neutral|sadness|surprised)_(?P<sentence>\d+)"
    ),
    emotions={
        "anger": "angry", "fear": "fearful", "happiness": "happy", "neutral": "neutral", "sadness": "sad",
        "surprised": "surprised",
    },
)  # fmt: skip

SCHEMES = (RAVDESS, CREMA_D, TESS, SAVEE, EMODB, NEMO)


def parse_name(path: PurePath) -> Row | None:
    """What a file's name, together with its folder's, says of the clip; None for a name that no corpus uses."""
    names = (path.stem.lower(), f"{path.parent.name}/{path.stem}".lower())
    for scheme in SCHEMES:
        if match := next(filter(None, map(scheme.name.fullmatch, names)), None):
            return _row(scheme, match.groupdict(default=""))
    return None


def is_song_or_video(path: PurePath) -> bool:
    """Whether RAVDESS names a song, or speech that is not audio alone, like this."""
    return RAVDESS_SONG_OR_VIDEO.fullmatch(path.stem) is not None and parse_name(path) is None


def _row(scheme: NamingScheme, codes: dict[str, str]) -> Row:
    speaker = "OAF" if codes["speaker"] == "oa" else codes["speaker"].upper()
    return {
        "corpus": scheme.corpus,
        "speaker": speaker,
        "gender": known_gender(scheme.corpus, speaker),
        "language": scheme.language,
        "emotion": scheme.emotions[codes["emotion"]],
        "intensity": scheme.intensities.get(codes.get("intensity", ""), ""),
        "sentence": codes["sentence"].upper(),
    }
