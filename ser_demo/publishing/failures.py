"""Why something could not be sent to the Hub, in words and with what to do about it."""

from urllib.parse import urlsplit

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import (
    DeviceCodeError,
    HfHubHTTPError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    OIDCError,
)

# All that the client is known to raise; a programming error of ours is none of them.
FAILURES = (httpx2.HTTPError, httpx2.InvalidURL, OIDCError, DeviceCodeError, OSError, ValueError, RuntimeError)

TOKEN_PAGE = "https://huggingface.co/settings/tokens"


def explain(error: Exception) -> str:
    """A sentence or two about one of `FAILURES`. It never holds the token, nor a password in `HF_ENDPOINT`."""
    match error:
        case LocalTokenNotFoundError():
            return f"no Hugging Face token was found. Run `hf auth login`, or set HF_TOKEN to one from {TOKEN_PAGE}."
        case OfflineModeIsEnabled():
            return "HF_HUB_OFFLINE is set, so nothing can be sent. Unset it."
        case HfHubHTTPError():
            return _explain_answer(error.response.status_code, error.server_message)
        case httpx2.TimeoutException():
            return f"{_host()} does not answer in time. Check the network, or try again later."
        case httpx2.LocalProtocolError() | UnicodeEncodeError():  # a header that cannot be; the text may quote it
            return "the token holds characters that no token has. Run `hf auth login`, or set HF_TOKEN anew."
        case httpx2.UnsupportedProtocol() | httpx2.InvalidURL():
            return "HF_ENDPOINT is not an address. Give one such as https://huggingface.co, or unset it."
        case httpx2.RequestError():
            return f"{_host()} cannot be reached. Check the network, the proxy and HF_ENDPOINT."
        case _:
            return f"{_host()} could not take it ({_one_line(str(error)) or type(error).__name__})."


def _explain_answer(status: int, message: str | None) -> str:
    """What an HTTP status other than 200 means; `message` is what the Hub says itself."""
    said = f"{status}: {_one_line(message)}" if message else f"{status}"
    match status:
        case 401:
            return f"{_host()} does not know this token. Run `hf auth login`, or set HF_TOKEN to one from {TOKEN_PAGE}."
        case 402:
            return f"{_host()} asks for a subscription or payment first ({said})."
        case 403 | 404:
            return (
                f"{_host()} does not let this token write there ({said}). Check the owner's name, and that the token "
                f"has write access: {TOKEN_PAGE}."
            )
        case 429:
            return f"{_host()} has had too many requests ({said}). Try again later."
        case _ if status >= 500:
            return f"{_host()} has a problem of its own ({said}). Try again later."
        case _:
            return f"{_host()} refused it ({said})."


def _one_line(text: str) -> str:
    """Somebody else's text without line breaks, and with no more of the address than `_host`."""
    return " ".join(text.replace(constants.ENDPOINT, _host()).split())


def _host() -> str:
    """The Hub's name and port, without the password that an address may carry."""
    parts = urlsplit(constants.ENDPOINT)
    return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or "the Hub"
