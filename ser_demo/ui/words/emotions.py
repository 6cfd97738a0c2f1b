"""The emotions' names; those that only other checkpoints know stay as they are."""

TEXTS = {
    "emotion.neutral": ("neutral", "neutral"),
    "emotion.calm": ("calm", "ruhig"),
    "emotion.happy": ("happy", "fröhlich"),
    "emotion.sad": ("sad", "traurig"),
    "emotion.angry": ("angry", "wütend"),
    "emotion.fearful": ("fearful", "ängstlich"),
    "emotion.disgust": ("disgust", "angewidert"),
    "emotion.surprised": ("surprised", "überrascht"),
}
