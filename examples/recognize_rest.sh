#!/bin/sh
# Recognise emotions through the REST API with curl alone: examples/recognize_rest.sh http://127.0.0.1:7860 call.wav
set -eu
task=$(curl -sSf -o /dev/null -D - -F "file=@$2" "$1/api/technology/emotion-recognition" |
    tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
while answer=$(curl -sSf "$task") && echo "$answer" | grep -qE '"state":"(pending|running)"'; do sleep 0.5; done
echo "$answer"
