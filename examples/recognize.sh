#!/bin/sh
# Recognise emotions with curl alone: examples/recognize.sh http://127.0.0.1:7860 call.wav
set -eu
path=$(curl -sSf -F "files=@$2" "$1/gradio_api/upload" | sed 's/^\["//; s/"\]$//')
event=$(curl -sSf -H 'Content-Type: application/json' "$1/gradio_api/call/recognize" \
    -d "{\"data\":[{\"path\":\"$path\",\"meta\":{\"_type\":\"gradio.FileData\"}}]}" | sed 's/.*"event_id": *"\([^"]*\)".*/\1/')
curl -sSfN "$1/gradio_api/call/recognize/$event" | sed -n 's/^data: //p' | tail -n 1
