"""The gender of the known corpora's speakers, which most of them publish beside the recordings."""

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
