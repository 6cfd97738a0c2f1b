"""Each kind of `SerError`, and each warning of a result, as other languages than English say it.

In English the error's and the warning's own text is shown, which knows more details.
"""

TEXTS = {
    "error.UnreadableAudioError": (
        "{error}",
        "{name}: Die Datei kann nicht gelesen werden. Bitte noch einmal hochladen.",
    ),
    "error.EmptyAudioError": ("{error}", "{name}: Die Datei ist leer. Bitte noch einmal aufnehmen oder hochladen."),
    "error.NotAudioError": (
        "{error}",
        "{name}: Das ist keine Tondatei in einem bekannten Format. Bitte WAV, FLAC, MP3, Ogg, M4A, MP4 oder WebM wählen.",
    ),
    "error.TruncatedAudioError": (
        "{error}",
        "{name}: Die Datei ist abgeschnitten oder beschädigt. Bitte noch einmal herunterladen oder exportieren.",
    ),
    "error.NotSentError": ("{error}", "{name}: Die Datei ließ sich nicht übertragen. Bitte noch einmal wählen."),
    "error.DecodingStoppedError": (
        "{error}",
        "{name}: Das Lesen der Datei wurde unterbrochen. Bitte noch einmal versuchen.",
    ),
    "error.UndecodableAudioError": (
        "{error}",
        "{name}: Die Datei ließ sich nicht entschlüsseln. Bitte neu exportieren, als WAV oder FLAC.",
    ),
    "error.NoRoomError": (
        "{error}",
        "{name}: Der Server hat keinen Platz für eine Kopie, die Ihr Browser abspielen kann. Bitte später noch einmal "
        "versuchen.",
    ),
    "error.NoSuchChannelError": ("{error}", "{name}: Diesen Kanal hat die Aufnahme nicht."),
    "error.EmptyRangeError": ("{error}", "{name}: Die Aufnahme endet vor dem gewählten Abschnitt."),
    "error.NoSamplesError": ("{error}", "{name}: Die Datei enthält keinen Ton. Bitte noch einmal aufnehmen."),
    "error.InvalidSamplesError": (
        "{error}",
        "{name}: Die Datei enthält ungültige Werte. Bitte neu exportieren, als WAV mit 16 Bit oder FLAC.",
    ),
    "error.AudioTooLargeError": (
        "{error}",
        "{name}: Die Datei ist zu groß. Bitte teilen oder als FLAC, M4A oder MP3 sichern.",
    ),
    "error.AudioTooLongError": ("{error}", "{name}: Die Aufnahme ist zu lang. Bitte in kürzere teilen."),
    "error.TooManyChannelsError": (
        "{error}",
        "{name}: Die Aufnahme hat zu viele Kanäle. Bitte nur die wichtigen exportieren.",
    ),
    "error.SampleRateError": (
        "{error}",
        "{name}: Diese Abtastrate hat keine Sprachaufnahme. 16000 Hz sind gut für Sprache.",
    ),
    "warning.speech": (
        "not enough speech: {found} s found, {needed} s in one stretch needed",
        "zu wenig Sprache: {found} s gefunden, {needed} s am Stück nötig",
    ),
    "warning.uncertain": (
        "uncertain: no emotion reaches {bound} %",
        "unsicher: keine Emotion erreicht {bound} %",
    ),
    "warning.drowned": (
        "uncertain: the noise is louder than the voice",
        "unsicher: Das Rauschen ist lauter als die Stimme",
    ),
    "warning.twins": (
        "{first} and {second} carry the same audio",
        "{first} und {second} enthalten denselben Ton",
    ),
    "warning.early": (
        "the file ends early: {read} s of the {declared} s it declares could be read",
        "die Datei endet zu früh: {read} s der angegebenen {declared} s waren lesbar",
    ),
    "warning.end": (
        "the file ends early: its end mark is missing and {read} s could be read",
        "die Datei endet zu früh: ihr Schluss fehlt, {read} s waren lesbar",
    ),
    "warning.tracks": (
        "the file has {count} sound tracks, and only the first was analysed: save each as a file of its own",
        "die Datei hat {count} Tonspuren, und nur die erste wurde ausgewertet: speichern Sie jede als eigene Datei",
    ),
    "warning.damaged": (
        "a part of the file is damaged and was left out: {read} s could be read",
        "ein Teil der Datei ist beschädigt und wurde ausgelassen: {read} s waren lesbar",
    ),
}
