"""Recognise emotions from Python: `python -m examples.recognize call.wav`, run in the repository's folder."""

import sys

from ser_demo import EmotionRecognizer

result = EmotionRecognizer().recognize(sys.argv[1])
for channel in result.channels:
    print(f"channel {channel.channel_number}: {channel.emotion}, {channel.speech_length:.1f} s of speech")
