"""Asks a vision model behind an OpenAI-compatible endpoint: Ollama, vLLM, llama.cpp, hosted ones.

The request is `POST {url}/chat/completions` with one message of a text and a picture, as in
OpenAI's API reference ("Create chat completion", image_url with a data URL).
"""

import base64
import http.client
import io
import ipaddress
import json
import os
import socket
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from autodagger.errors import UserError, show

if TYPE_CHECKING:  # the confinement is also tried by interpreters without it
    import numpy as np

ATTEMPTS = 4
"""Times that a question is asked where the server is busy or does not answer."""

KEY_VARIABLE = "VISION_API_KEY"
_OPENAI_KEY, _OPENAI = "OPENAI_API_KEY", "api.openai.com"

_PAUSE = 1.0  # seconds before the second attempt; doubled before each further one
_MAX_PAUSE = 60.0
_BUSY = (408, 409, 425, 429, 500, 502, 503, 504)
_MAX_BYTES = 4 << 20
_ANSWER_LENGTH = 20_000


def ask_model(url: str, model: str, prompt: str, picture: "np.ndarray", seconds: float) -> str:
    """What a model says to a prompt and a picture.

    Args:
        url: The endpoint's address, up to `/v1`.
        model: Its name there.
        prompt: The question.
        picture: (H, W, 3) uint8 RGB.
        seconds: Longest wait for the server, at each attempt.

    Raises:
        UserError: It cannot be asked, or says nothing.
    """
    content = [
        {"type": "text", "text": prompt},
        {"type": "image_url", "image_url": {"url": _write_url(picture)}},
    ]
    body = {"model": model, "messages": [{"role": "user", "content": content}]}
    try:
        reply = _post(url, body | {"temperature": 0}, seconds)
    except urllib.error.HTTPError as error:
        if error.code != 400:
            raise _explain(url, model, error) from error
        reply = _try_without_temperature(url, body, seconds)
    return _read_reply(url, reply)


def _try_without_temperature(url: str, body: dict[str, Any], seconds: float) -> bytes:
    """Some models take no temperature."""
    try:
        return _post(url, body, seconds)
    except urllib.error.HTTPError as error:
        raise _explain(url, body["model"], error) from error


def _write_url(picture: "np.ndarray") -> str:
    from PIL import Image  # takes a moment that only those wait for who ask

    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _post(url: str, body: dict[str, Any], seconds: float) -> bytes:
    """The reply; again after a pause where the server may have one later.

    Raises:
        urllib.error.HTTPError: It refuses.
        UserError: It cannot be reached, or does not answer.
    """
    request = urllib.request.Request(
        f"{url.rstrip('/')}/chat/completions",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", **_authorize(url)},
    )
    for attempt in range(1, ATTEMPTS + 1):
        pause = min(_MAX_PAUSE, _PAUSE * 2 ** (attempt - 1))
        try:
            with _make_opener(url).open(request, timeout=seconds) as reply:
                data: bytes = reply.read(_MAX_BYTES)
                return data
        except urllib.error.HTTPError as error:
            if error.code not in _BUSY or attempt == ATTEMPTS:
                raise
            pause = _read_pause(error, pause)
        except (OSError, http.client.HTTPException) as error:  # URLError, timeouts
            if attempt == ATTEMPTS:
                raise _explain_silence(url, error, seconds) from error
        time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def _authorize(url: str) -> dict[str, str]:
    """The key goes to the endpoint that it is for: OpenAI's own to no other one."""
    key = os.environ.get(KEY_VARIABLE)
    if not key and urlsplit(url).hostname == _OPENAI:
        key = os.environ.get(_OPENAI_KEY)
    return {"Authorization": f"Bearer {key}"} if key else {}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirection would take the key along, and the question's body not."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _make_opener(url: str) -> urllib.request.OpenerDirector:
    """Through the environment's proxies, but for a server on this machine."""
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if _is_local(urlsplit(url).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host == socket.gethostname()


def _read_pause(error: urllib.error.HTTPError, pause: float) -> float:
    """The seconds that the server asks for, if it does."""
    asked = error.headers.get("Retry-After", "") if error.headers else ""
    return min(_MAX_PAUSE, float(asked)) if asked.isdecimal() else pause


def _read_reply(url: str, data: bytes) -> str:
    try:
        text = json.loads(data)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        text = None
    if not isinstance(text, str) or not text.strip():
        raise UserError(
            f"vision model at {url}: answered {show(data[:200].decode(errors='replace'))}; "
            "expected choices[0].message.content with a text. Look at vision_url, which ends in "
            "/v1 for most servers, and whether vision_model takes pictures."
        )
    return text[:_ANSWER_LENGTH]


def _explain(url: str, model: str, error: urllib.error.HTTPError) -> UserError:
    said = show(error.read(300).decode(errors="replace"))
    if error.code in (401, 403):
        advice = f"Put a key that is good there into the environment variable {KEY_VARIABLE}."
    elif error.code in _BUSY:
        advice = "Start the run again when it is well: all answers so far are kept."
    else:
        advice = (
            f"Look at vision_url (most end in /v1), and whether {model!r} (vision_model) is there "
            "and takes pictures."
        )
    return UserError(f"vision model at {url}: HTTP {error.code}, {said}. {advice}")


def _explain_silence(url: str, error: Exception, seconds: float) -> UserError:
    reason = getattr(error, "reason", error)
    found = f"no answer within {seconds:g} s" if isinstance(reason, TimeoutError) else str(reason)
    return UserError(
        f"vision model at {url}: {found}, {ATTEMPTS} times. Is the server running, vision_url "
        "right, vision_timeout long enough? Start the run again then: all answers so far are kept."
    )
