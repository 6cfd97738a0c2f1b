#!/bin/sh
# Recognise emotions through the REST API with curl alone: examples/recognize_rest.sh http://127.0.0.1:7860 call.wav
set -eu
started=$(curl -sS -D - -F "file=@\"$2\"" "${1%/}/api/technology/emotion-recognition" | tr -d '\r')
task=$(echo "$started" | sed -n 's/^[Ll]ocation: //p')
if [ -z "$task" ]; then
    echo "$started" | tail -n 1 >&2
    exit 1
fi
while answer=$(curl -sSf "$task") && echo "$answer" | grep -qE '"state":"(pending|running)"'; do sleep 0.5; done
echo "$answer"
echo "$answer" | grep -q '"state":"done"'
