"""The note on what the page can tell, what it cannot, and what happens to a visitor's audio."""

AUDIO_KEPT = 30 * 60  # seconds until a recording may be deleted
CLEANING = 10 * 60  # seconds between two rounds of deleting

_ACT = "https://eur-lex.europa.eu/eli/reg/2024/1689/oj"


def about_html() -> str:
    """The note as HTML: short form always in sight, the rest to unfold."""
    return f"""
<section class="ser-about" aria-labelledby="ser-about-title">
<h2 id="ser-about-title">What this can and cannot tell you</h2>
<ul>
<li>It guesses how a voice <em>sounds</em>, as probabilities of acted emotions.
It does not know what anyone feels.</li>
<li>It learnt from actors speaking English, German and Polish. Other voices and languages fare worse.</li>
<li>It is no lie detector and no diagnosis. Decide nothing about a person by it.</li>
<li>Inferring the emotions of people at work or in education is prohibited or restricted in places such as the
EU (<a href="{_ACT}" target="_blank" rel="noopener noreferrer">AI Act</a>, Article&nbsp;5(1)(f)).</li>
<li>Your audio is used for this answer only, and deleted from the server within
{(AUDIO_KEPT + CLEANING) // 60} minutes.</li>
</ul>
<details><summary>How to read the result</summary>
<p>The recording is searched for speech. Each stretch of up to six seconds gets one probability per emotion;
together they make 100&nbsp;%. A speaker's result is the mean of all stretches, where those with more speech
count more. Where no emotion stands out, the page says so. Pauses, music and noise are left out.</p>
<p>Telephone lines, background noise, two people on one channel, children's voices, and speaking styles
that actors did not play all make the result less reliable.</p>
</details>
</section>"""
