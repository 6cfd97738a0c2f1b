"""Which requests of the page's tab "Live" only go on with what another has begun: four a second, and no start.

Gradio's page calls all functions of a component at one address, so the name of the function, in the body, tells.
"""

import json

from starlette.types import Message, Receive

ADDRESS = "/gradio_api/component_server"
GOING_ON = ("hear", "finish")  # which need the ticket of `listen`; no session is endless. `translate` needs none
LARGEST = 12 * 1024**2  # bytes of a call with the longest chunk that the page sends


async def goes_on_listening(path: str, receive: Receive) -> tuple[bool, Receive]:
    """Whether a request goes on with live listening, and what receives its body from the beginning once more."""
    if path != ADDRESS:
        return False, receive
    messages: list[Message] = []
    body = bytearray()
    while len(body) <= LARGEST:
        message = await receive()
        messages.append(message)
        body += message.get("body", b"")
        if not message.get("more_body"):
            break

    async def receive_again() -> Message:
        return messages.pop(0) if messages else await receive()

    return _function(body) in GOING_ON, receive_again


def _function(body: bytearray) -> object:
    """The name of the function that is called, as Gradio reads it; None where there is none."""
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return call.get("fn_name") if isinstance(call, dict) else None
