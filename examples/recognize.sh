#!/bin/sh
# Recognise emotions with curl alone: examples/recognize.sh http://127.0.0.1:7860 call.wav
set -eu
url=${1%/}
path=$(curl -sSf -F "files=@\"$2\"" "$url/gradio_api/upload")
path=$(echo "$path" | sed 's/^\["//; s/"\]$//')
event=$(curl -sSf -H 'Content-Type: application/json' "$url/gradio_api/call/recognize" \
    -d "{\"data\":[{\"path\":\"$path\",\"meta\":{\"_type\":\"gradio.FileData\"}}]}")
event=$(echo "$event" | sed 's/.*"event_id": *"\([^"]*\)".*/\1/')
answer=$(curl -sSfN "$url/gradio_api/call/recognize/$event")
echo "$answer" | sed -n 's/^data: //p' | tail -n 1
! echo "$answer" | grep -q '^event: error'
