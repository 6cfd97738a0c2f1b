"""The known corpora's speakers: their names, and their gender, which most corpora publish beside the recordings."""

SPEAKERS = {
    "ravdess": {f"{actor:02}" for actor in range(1, 25)},
    "crema-d": {str(actor) for actor in range(1001, 1092)},
    "tess": {"OAF", "YAF"},
    "savee": {"DC", "JE", "JK", "KL"},
    "emodb": {"03", "08", "09", "10", "11", "12", "13", "14", "15", "16"},
    "nemo": {"EB0", "IC0", "KD0", "KS0", "MK0", "MP0", "SM0", "TP0", "WR0"},
}

# CREMA-D's VideoDemographics.csv: the women of the actors 1001 to 1091.
CREMA_D_WOMEN = {
    1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024, 1025, 1028, 1029, 1030,
    1037, 1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056, 1058, 1060, 1061, 1063, 1072, 1073, 1074, 1075,
    1076, 1078, 1079, 1082, 1084, 1089, 1091,
}  # fmt: skip
# Burkhardt et al. (2005).
EMODB_WOMEN = {"08", "09", "13", "14", "16"}
# nEMO's data.tsv.
NEMO_WOMEN = {"EB0", "IC0", "KD0", "MK0"}


def known_gender(corpus: str, speaker: str) -> str:
    """ "female" or "male" for a speaker of the six corpora."""
    match corpus:
        case "ravdess":
            return "male" if int(speaker) % 2 else "female"
        case "crema-d":
            return "female" if int(speaker) in CREMA_D_WOMEN else "male"
        case "tess":
            return "female"
        case "savee":
            return "male"
        case "emodb":
            return "female" if speaker in EMODB_WOMEN else "male"
        case "nemo":
            return "female" if speaker in NEMO_WOMEN else "male"
        case _:
            raise ValueError(f"{corpus} is none of the six corpora")


def known_corpus(name: str) -> str:
    """ "CREMA_D" -> "crema-d"; names of other corpora come back unchanged."""
    letters = _letters(name)
    return next((corpus for corpus in SPEAKERS if _letters(corpus) == letters), name)


def known_speaker(corpus: str, name: str) -> str:
    """ "1" -> "01" and "oaf" -> "OAF", as the six corpora write them; other corpora's names come back unchanged."""
    written = name.upper().zfill(2)
    return written if written in SPEAKERS.get(corpus, ()) else name


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))
