"""What Sage 300's answers mean. The Web API's error shapes: facts 2.1 and 2.2."""

from __future__ import annotations

from typing import Any

import httpx

from iman.domain.outcome import Outcome, Refused, Unavailable, Unknown
from iman.gateways import exact_json

#: View return codes by the API's code name; the monitor shows the number byondpro's users know.
VIEW_CODES = {
    "General": "1000",
    "RecordNotFound": "1020",
    "RecordExists": "1022",
    "RecordDuplicate": "1023",
    "RecordInvalid": "1024",
    "RecordLocked": "1025",
    "RecordConflict": "1026",
    "RecordNotLocked": "1027",
    "KeyInvalid": "1120",
    "FieldInvalid": "1140",
    "FieldDisabled": "1143",
    "FieldReadonly": "1144",
}

#: Sage tells contention by text only (facts 2.3); it passes by itself.
_CONTENTION = ("processing conflict", "post in progress")


class Unreadable(ValueError):
    """An answer that is not what the Web API sends; the text says what came instead."""


def body_of(answer: httpx.Response) -> Any:
    """The JSON, whatever its content type (one client met text/plain). Raises ``Unreadable``."""
    if not answer.content:
        raise Unreadable("an empty answer")
    try:
        return exact_json.loads(answer.content)
    except ValueError as exc:
        start = answer.content[:64].lstrip().lower()
        if start.startswith((b"<!doctype", b"<html", b"<")):
            raise Unreadable("HTML where JSON was due") from exc
        raise Unreadable("an answer that is no JSON or was cut short") from exc


def error_of(answer: httpx.Response) -> tuple[str, str] | None:
    """Code name and text of Sage's envelope, or None where there is none.

    Both shapes are read: the documented ``message`` object, and OData v4's plain string.
    """
    try:
        body = body_of(answer)
    except Unreadable:
        return None
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("code"), str):
        return None
    message = error.get("message")
    text = message.get("value") if isinstance(message, dict) else message
    return error["code"], text if isinstance(text, str) else ""


def refusal(answer: httpx.Response) -> Outcome:
    """An answer to a push that is not a success.

    A 5xx proves nothing: Sage may have stored the batch before it stumbled, so the outcome is
    unknown. A 4xx means nothing was stored that could hold the document.
    """
    status = answer.status_code
    told = error_of(answer)
    if status >= 500:
        return Unknown(
            reason=f"Sage 300 answered {status}: {_what(answer, told)}.", http_status=status
        )
    if status == httpx.codes.UNAUTHORIZED:
        return _away("log_in", status, f"Sage 300 refused the log-in ({status}){_says(told)}.")
    if status == httpx.codes.FORBIDDEN:
        return _away(
            "log_in",
            status,
            f"Sage 300 says the user has not the right to do this ({status}){_says(told)}.",
        )
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return _away(
            "too_many", status, f"Sage 300 has too many requests at once ({status}).", _wait(answer)
        )
    if told is None:
        return _away(
            "wrong_address",
            status,
            f"No Sage 300 Web API is there: it answered {status} with {_what(answer, told)}.",
        )
    code, text = told
    if any(sign in text.lower() for sign in _CONTENTION):
        return _away("contention", status, f"Sage 300 is busy posting: {text}")
    return Refused(code=VIEW_CODES.get(code, code), text=text, http_status=status)


def _away(kind: str, status: int, reason: str, retry_after: float | None = None) -> Unavailable:
    return Unavailable(kind=kind, reason=reason, http_status=status, retry_after=retry_after)


def _says(told: tuple[str, str] | None) -> str:
    return f": {told[1]}" if told and told[1] else ""


def _what(answer: httpx.Response, told: tuple[str, str] | None) -> str:
    if told is not None:
        return f"{told[0]} {told[1]}".strip()
    try:
        body = body_of(answer)
    except Unreadable as exc:
        return str(exc)
    message = body.get("Message") if isinstance(body, dict) else None
    return message if isinstance(message, str) else "an answer of another shape"


def _wait(answer: httpx.Response) -> float:
    """Retry-After in seconds; 30 where Sage gave none or a date, an hour at most."""
    asked = answer.headers.get("retry-after", "")
    return min(float(asked), 3600.0) if asked.isdigit() else 30.0
