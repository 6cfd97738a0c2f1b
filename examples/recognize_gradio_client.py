"""Recognise emotions through a running demo.

python examples/recognize_gradio_client.py http://127.0.0.1:7860 call.wav
"""

import sys

from gradio_client import Client, handle_file

url, recording = sys.argv[1:]
result = Client(url, verbose=False).predict(handle_file(recording), api_name="/recognize")
for channel in result["channels"]:
    top = channel["scores"][0]["emotion"] if channel["scores"] else None
    print(f"channel {channel['channel_number']}: {top}, {channel['speech_length']:.1f} s of speech")
