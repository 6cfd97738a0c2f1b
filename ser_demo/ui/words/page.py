"""The page around its tabs: header, the note below, and what any tab may have to say."""

TEXTS = {
    "title": ("SER Demo", "SER Demo"),
    "introduction": (
        "Which emotion does a voice suggest, and when?",
        "Welche Emotion legt eine Stimme nahe, und wann?",
    ),
    "tab.recording": ("One recording", "Eine Aufnahme"),
    "stopping": (
        "The server is being stopped. Please try again later.",
        "Der Server wird gerade beendet. Bitte später noch einmal versuchen.",
    ),
    "apology": (
        "Sorry, something went wrong on our side, not with your recording. Please try again.",
        "Entschuldigung, bei uns ist etwas schiefgegangen, nicht mit Ihrer Aufnahme. Bitte noch einmal versuchen.",
    ),
    "cut_off": (
        "The connection to the server broke, and what was going on has ended. What is shown can still be read and saved. "
        "To analyse more, load the page anew and choose the recording again.",
        "Die Verbindung zum Server ist abgerissen, und was gerade lief, ist zu Ende. Was zu sehen ist, können Sie noch "
        "lesen und sichern. Für Weiteres laden Sie die Seite neu und wählen die Aufnahme noch einmal.",
    ),
    "cut_off.reload": ("Load the page anew", "Seite neu laden"),
    # Gradio tells these screen readers, and has no German words for them.
    "common.complete": ("Complete", "Fertig"),
    "status.queue_position": ("In queue: {position} of {size}", "In der Warteschlange: {position} von {size}"),
    "about.title": ("What this can and cannot tell you", "Was das sagen kann und was nicht"),
    "about.sounds": (
        "It guesses how a voice <em>sounds</em>, as probabilities of acted emotions. It does not know what anyone feels.",
        "Es schätzt, wie eine Stimme <em>klingt</em>, als Wahrscheinlichkeit gespielter Emotionen. Was jemand fühlt, weiß es nicht.",
    ),
    "about.actors": (
        "It learnt from actors speaking English, German and Polish. Other voices and languages fare worse.",
        "Gelernt hat es von Schauspielern auf Englisch, Deutsch und Polnisch. Andere Stimmen und Sprachen erkennt es schlechter.",
    ),
    "about.decide": (
        "It is no lie detector and no diagnosis. Decide nothing about a person by it.",
        "Es ist kein Lügendetektor und keine Diagnose. Entscheiden Sie danach nichts über einen Menschen.",
    ),
    "about.law": (
        "Inferring the emotions of people at work or in education is prohibited or restricted in places such as the EU "
        '(<a href="{act}" target="_blank" rel="noopener noreferrer">AI Act</a>, Article&nbsp;5(1)(f)).',
        "Emotionen von Menschen am Arbeitsplatz oder in der Ausbildung abzuleiten ist mancherorts verboten oder "
        'eingeschränkt, so in der EU (<a href="{act}" target="_blank" rel="noopener noreferrer">KI-Verordnung</a>, '
        "Artikel&nbsp;5&nbsp;Abs.&nbsp;1&nbsp;f).",
    ),
    "about.privacy": (
        "Your audio is used for this answer only and deleted from the server within {minutes} minutes; of many recordings, each within {minutes} minutes of its turn. There is no history, no tracking, and no other visitor sees it.",
        "Ihre Aufnahme dient nur dieser Antwort und wird spätestens nach {minutes} Minuten vom Server gelöscht; bei vielen Aufnahmen zählt die Zeit, seit jede an der Reihe war. Es gibt keinen Verlauf und keine Nachverfolgung, und niemand sonst sieht sie.",
    ),
    "about.how": ("How to read the result", "So ist das Ergebnis zu lesen"),
    "about.how.windows": (
        "The recording is searched for speech. Each stretch of up to five seconds gets one probability per emotion; together they make 100&nbsp;%. A speaker's result is the mean of all stretches, where those with more speech count more. Where no emotion stands out, the page says so. Pauses, music and noise are left out.",
        "In der Aufnahme wird Sprache gesucht. Jeder Abschnitt von bis zu fünf Sekunden bekommt je Emotion eine Wahrscheinlichkeit; zusammen sind es 100&nbsp;%. Das Ergebnis eines Sprechers ist das Mittel aller Abschnitte, mehr Sprache zählt mehr. Ragt keine Emotion heraus, sagt die Seite das. Pausen, Musik und Geräusche bleiben außen vor.",
    ),
    "about.how.limits": (
        "Telephone lines, background noise, two people on one channel, children's voices, and speaking styles that actors did not play all make the result less reliable.",
        "Telefonleitungen, Hintergrundgeräusche, zwei Menschen auf einem Kanal, Kinderstimmen und Sprechweisen, die die Schauspieler nicht gespielt haben, machen das Ergebnis unsicherer.",
    ),
}
