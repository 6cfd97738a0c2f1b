"""The tab "Model"."""

TEXTS = {
    "tab.model": ("Model", "Modell"),
    "model.choice": ("Which model answers", "Welches Modell antwortet"),
    "model.choice.info": (
        "For everything that you analyse from now on, on this page.",
        "Für alles, was Sie von jetzt an auf dieser Seite auswerten.",
    ),
    "model.version": ("version {version}", "Fassung {version}"),
    "model.knows": ("It tells {count} emotions apart: {emotions}.", "Es unterscheidet {count} Emotionen: {emotions}."),
    "model.found": ("How much it finds", "Wie viel es findet"),
    "model.found.test": ("Measured on voices that it has never heard.", "Gemessen an Stimmen, die es nie gehört hat."),
    "model.found.train": (
        "Measured on the voices that are there for training: on new ones it may find less.",
        "Gemessen an den Stimmen, die zum Trainieren da sind: bei neuen findet es vielleicht weniger.",
    ),
    "model.found.dev": (
        "Measured on the voices that are there for choosing and adjusting it: on new ones it may find less.",
        "Gemessen an den Stimmen, nach denen es ausgewählt und eingestellt wird: bei neuen findet es vielleicht weniger.",
    ),
    "model.found.all": (
        "Measured on all voices of these recordings, whether it has heard them before or not.",
        "Gemessen an allen Stimmen dieser Aufnahmen, ob es sie vorher gehört hat oder nicht.",
    ),
    "model.found.guess": (
        "Guessing alone would find the share in the last column.",
        "Allein durch Raten fände man den Anteil in der letzten Spalte.",
    ),
    "model.unmeasured": (
        "Nobody has measured this model on voices that it has not heard: how good it is is not known here.",
        "Dieses Modell hat noch niemand an fremden Stimmen gemessen: wie gut es ist, weiß man hier nicht.",
    ),
    "model.corpus": ("Recordings of", "Aufnahmen von"),
    "model.speakers": ("Voices", "Stimmen"),
    "model.clips": ("Recordings", "Aufnahmen"),
    "model.labels": ("Emotions", "Emotionen"),
    "model.uar": ("Found", "Gefunden"),
    "model.interval": ("{low} to {high} %", "{low} bis {high} %"),
    "model.ece": ("Off by", "Daneben"),
    "model.unanswered": ("No answer", "Ohne Antwort"),
    "model.guess": ("Guessing", "Raten"),
    "model.notes": (
        "Found: the share of an emotion's recordings that is recognised, as the mean over the emotions (UAR); below it, "
        "where it would lie with other speakers in 95 % of cases. Off by: how far its probabilities are from how often it "
        "is right, on average (ECE). No answer: too little speech was found; such recordings count as missed.",
        "Gefunden: der Anteil der Aufnahmen einer Emotion, der erkannt wird, als Mittel über die Emotionen (UAR); darunter, wo er "
        "mit anderen Sprechern in 95 % der Fälle läge. Daneben: wie weit seine Wahrscheinlichkeiten im Mittel davon abweichen, wie oft es "
        "recht hat (ECE). Ohne Antwort: zu wenig Sprache gefunden; solche Aufnahmen gelten als nicht erkannt.",
    ),
    "model.details": ("In detail, for recordings of", "Im Einzelnen, für Aufnahmen von"),
    "model.confusion": ("What it takes for what", "Was es wofür hält"),
    "model.confusion.note": (
        "Each row: recordings that were meant so. Each column: what the model answered. The stronger the colour, the larger the share of the row.",
        "Jede Zeile: so gemeinte Aufnahmen. Jede Spalte: die Antwort des Modells. Je kräftiger die Farbe, desto größer der Anteil der Zeile.",
    ),
    "model.confusion.table": ("The same as a table", "Dasselbe als Tabelle"),
    "model.calibration": ("How sure it is, and how often right", "Wie sicher es ist, und wie oft es recht hat"),
    "model.calibration.note": (
        "On the dotted line it would be as sure as it should be; below it, it is too sure. Larger dots: more recordings.",
        "Auf der gepunkteten Linie wäre es so sicher, wie es sein sollte; darunter ist es zu sicher. Größere Punkte: mehr Aufnahmen.",
    ),
    "chart.answered": ("answered", "Antwort"),
    "chart.meant": ("meant", "gemeint"),
    "chart.no answer": ("no answer", "keine"),
    "chart.how sure, %": ("how sure, %", "wie sicher, %"),
    "chart.how often right, %": ("how often right, %", "wie oft richtig, %"),
    "model.limits": ("Its limits", "Seine Grenzen"),
    "model.limit.labels": (
        "It knows these emotions and nothing else: whatever it hears, they share 100 %.",
        "Es kennt diese Emotionen und sonst nichts: was immer es hört, sie teilen sich 100 %.",
    ),
    "model.limit.acted": (
        "It was measured on actors who show one emotion at a time. Feelings in daily life are weaker, mixed and often hidden: "
        "it will be wrong more often than its figures say.",
        "Gemessen wurde es an Schauspielern, die eine Emotion auf einmal zeigen. Gefühle im Alltag sind schwächer, gemischt und oft "
        "verborgen: es wird öfter irren, als seine Zahlen sagen.",
    ),
    "model.limit.missed": (
        "It misses {emotion} most: it finds {share} of such recordings.",
        "Am häufigsten entgeht ihm {emotion}: es findet {share} solcher Aufnahmen.",
    ),
    "model.limit.taken": (
        "It misses {emotion} most: it finds {share} of such recordings, and mostly takes the others for {other}.",
        "Am häufigsten entgeht ihm {emotion}: es findet {share} solcher Aufnahmen und hält die anderen meist für {other}.",
    ),
    "model.limit.calibration": (
        "Its probabilities are far from the truth on voices like those of {corpora}.",
        "Bei Stimmen wie denen von {corpora} liegen seine Wahrscheinlichkeiten weit neben der Wahrheit.",
    ),
    "model.limit.meaning": (
        "It hears how something is said, never what is meant. It is no lie detector and no diagnosis.",
        "Es hört, wie etwas gesagt wird, nie, was gemeint ist. Es ist kein Lügendetektor und keine Diagnose.",
    ),
    "model.compare": ("The same recording by two models", "Dieselbe Aufnahme, zwei Modelle"),
    "model.compare.first": ("One model", "Ein Modell"),
    "model.compare.second": ("The other", "Das andere"),
    "model.compare.start": ("Compare", "Vergleichen"),
    "model.compare.none": (
        "No recording is here yet. Choose one to compare the models on, and wait until it has been uploaded.",
        "Noch ist keine Aufnahme da. Wählen Sie eine zum Vergleich, und warten Sie, bis sie hochgeladen ist.",
    ),
    "model.loading": ("{model} is being loaded", "{model} wird geladen"),
}
