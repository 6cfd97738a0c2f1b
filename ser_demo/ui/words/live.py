"""The tab "Live"."""

TEXTS = {
    "tab.live": ("Live", "Live"),
    "live.title": ("Live recording", "Aufnahme in Echtzeit"),
    "live.start": ("Start listening", "Zuhören"),
    "live.pause": ("Pause", "Pause"),
    "live.resume": ("Go on", "Weiter"),
    "live.stop": ("Stop", "Beenden"),
    "live.keep": ("Keep the recording", "Aufnahme behalten"),
    "live.discard": ("Discard", "Verwerfen"),
    "live.level": ("Loudness", "Lautstärke"),
    "live.now": ("The last {seconds} seconds", "Die letzten {seconds} Sekunden"),
    "live.nothing": ("No speech", "Keine Sprache"),
    "live.line": ("Time line", "Zeitleiste"),
    "live.block": ("{start} to {end}: {emotion} ({percent})", "{start} bis {end}: {emotion} ({percent})"),
    "live.idle": (
        "Speak, and see how it sounds while you do. The server listens, but stores no sound until you keep the recording.",
        "Sprechen Sie, und sehen Sie dabei, wie es klingt. Der Server hört zu, speichert aber keinen Ton, bis Sie die Aufnahme behalten.",
    ),
    "live.asking": (
        "Your browser asks whether it may use the microphone.",
        "Ihr Browser fragt, ob er das Mikrofon benutzen darf.",
    ),
    "live.listening": ("Listening.", "Ich höre zu."),
    "live.waiting": ("Listening. Say a few words.", "Ich höre zu. Sagen Sie ein paar Worte."),
    "live.silent": (
        "The microphone gives no sound. Is it muted, or is another one in use?",
        "Vom Mikrofon kommt kein Ton. Ist es stumm, oder ist ein anderes gewählt?",
    ),
    "live.paused": ("Paused. Nothing is heard until you go on.", "Pause. Bis es weitergeht, wird nichts gehört."),
    "live.slow": (
        "The server is busy, the answer comes late.",
        "Der Server ist ausgelastet, die Antwort kommt verspätet.",
    ),
    "live.stopped": (
        "Stopped. Keep it to get the whole result with its downloads, or discard it.",
        "Beendet. Behalten Sie die Aufnahme, um das ganze Ergebnis mit Dateien zu bekommen, oder verwerfen Sie sie.",
    ),
    "live.full": (
        "Stopped: a live recording is at most {longest} long. Keep it or discard it.",
        "Beendet: eine Aufnahme in Echtzeit dauert höchstens {longest}. Behalten oder verwerfen Sie sie.",
    ),
    "live.keeping": ("The recording is being sent.", "Die Aufnahme wird übertragen."),
    "live.kept": ("Kept: the result is under “One recording”.", "Behalten: das Ergebnis steht unter „Eine Aufnahme“."),
    "live.discarded": ("Discarded. Nothing was kept.", "Verworfen. Nichts wurde behalten."),
    "live.refused": (
        "The browser was not allowed to use the microphone. Allow it in the address bar and start again.",
        "Der Browser durfte das Mikrofon nicht benutzen. Erlauben Sie es in der Adresszeile und beginnen Sie noch einmal.",
    ),
    "live.missing": (
        "No microphone was found. Plug one in and start again.",
        "Kein Mikrofon gefunden. Schließen Sie eines an und beginnen Sie noch einmal.",
    ),
    "live.taken": (
        "The microphone cannot be used: perhaps another program has it. Close that one and start again.",
        "Das Mikrofon lässt sich nicht benutzen: vielleicht hat es ein anderes Programm. Schließen Sie jenes und beginnen Sie noch einmal.",
    ),
    "live.insecure": (
        "Browsers lend the microphone only to pages with https, or on this computer itself.",
        "Browser geben das Mikrofon nur an Seiten mit https oder auf diesem Rechner selbst.",
    ),
    "live.unplugged": (
        "The microphone is gone. What was heard can be kept.",
        "Das Mikrofon ist weg. Was gehört wurde, können Sie behalten.",
    ),
    "live.lost": (
        "The server cannot be reached. What was heard can be kept as soon as it answers again.",
        "Der Server ist nicht erreichbar. Was gehört wurde, können Sie behalten, sobald er wieder antwortet.",
    ),
    "live.failed": (
        "The recording could not be sent. Try again.",
        "Die Aufnahme ließ sich nicht übertragen. Versuchen Sie es noch einmal.",
    ),
    "error.TooManyListenersError": (
        "{error}",
        "Gerade hören zu viele zu. Versuchen Sie es in ein paar Minuten noch einmal.",
    ),
    "error.NotListeningError": ("{error}", "Diese Aufnahme in Echtzeit ist zu Ende. Beginnen Sie eine neue."),
}
