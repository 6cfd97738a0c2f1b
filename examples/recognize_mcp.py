"""Recognise emotions as an assistant does, through the Model Context Protocol; the demo must run with SER_MCP=true.

python examples/recognize_mcp.py http://127.0.0.1:7860 call.wav
"""

import ast
import asyncio
import base64
import sys
from pathlib import Path

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def main(url: str, recording: str) -> None:
    content = base64.b64encode(Path(recording).read_bytes()).decode()
    async with (
        streamablehttp_client(f"{url.rstrip('/')}/gradio_api/mcp/") as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        (tool,) = (await session.list_tools()).tools
        answer = await session.call_tool(tool.name, {"audio": f"data:audio/wav;base64,{content}"})
        text = answer.content[0].text
        if answer.isError:
            sys.exit(text)
        for channel in ast.literal_eval(text)["channels"]:  # Gradio writes the JSON as Python does
            top = channel["scores"][0]["emotion"] if channel["scores"] else None
            print(f"channel {channel['channel_number']}: {top}, {channel['speech_length']:.1f} s of speech")


asyncio.run(main(*sys.argv[1:]))
