"""Recognise emotions through the REST API of a running demo, as a program for Phonexia Speech Platform 4 does.

python examples/recognize_rest.py http://127.0.0.1:7860 call.wav
"""

import sys
import time

import requests

url, recording = sys.argv[1:]
try:
    with open(recording, "rb") as file:
        started = requests.post(f"{url.rstrip('/')}/api/technology/emotion-recognition", files={"file": file})
except OSError as error:  # no server there, or no file
    sys.exit(str(error))
if not started.ok:
    sys.exit(started.json()["detail"])
while True:
    answer = requests.get(started.headers["Location"]).json()
    if answer["task"]["state"] not in ("pending", "running"):
        break
    time.sleep(0.5)
if answer["task"]["state"] != "done":
    sys.exit(answer["error"])
for channel in answer["result"]["channels"]:
    top = channel["scores"][0]["emotion"] if channel["scores"] else None
    print(f"channel {channel['channel_number']}: {top}, {channel['speech_length']:.1f} s of speech")
