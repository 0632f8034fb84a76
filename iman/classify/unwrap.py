"""Takes the inner text out of what clients wrap around it.

Number prefixes of the view layer, Web API JSON (``error.message`` as object or string, the
ASP.NET ``Message``), a connector's sentence around either, and HTML pages.
"""

import html
import json
import re
from typing import NamedTuple

_VIEW_CODE = re.compile(r"\s*(?:error\s+)?\(?(-?\d{3,5})\)?\s*(?:[-–—−]+|:)\s*(?=\D)", re.I)
_STATUS = re.compile(
    r"\b(?:status(?:\s*code)?|http(?:/\d(?:\.\d)?)?)\s*[:=]?\s*\(?([1-5]\d\d)\b", re.I
)
_CONTENT = re.compile(r"\b(?:content|body|response|details)\s*[:=]\s*(?=\S)", re.I)
_CUT_VALUE = re.compile(r'"(?:value|Message|message)"\s*:\s*"((?:[^"\\]|\\.)*)')
_CUT_CODE = re.compile(r'"code"\s*:\s*"(\w+)"')
_DROPPED = re.compile(r"<(style|script)\b.*?</\1\s*>|<!--.*?-->", re.I | re.S)
_BLOCK = re.compile(r"</?(?:p|h\d|li|br|div|title|hr|tr|td|ul|body|head)\b[^>]*>", re.I)
_TAG = re.compile(r"<[^<>]+>")
_LOOKS_HTML = re.compile(r"<(?:!doctype|html|head|body|title|h\d|p|br|div|b|span)\b", re.I)
_JSON = json.JSONDecoder(strict=False)
_SPACES = re.compile(r"[^\S\n]+")
_NEWLINES = re.compile(r"\s*\n\s*")


class Unwrapped(NamedTuple):
    """The inner text, blanks collapsed, and the hints that stood around it."""

    text: str
    code: str | None = None  # the Web API's own: RecordInvalid
    view_code: int | None = None
    http_status: int | None = None
    is_html: bool = False


def unwrap(message: str) -> Unwrapped:
    """Never raises: what cannot be unwrapped is its own inner text."""
    if message[:1].isalpha() and not _may_be_wrapped(message):
        return Unwrapped(_collapse(message))  # most messages stand there plainly
    text, code, view_code, status, is_html = message, None, None, None, False
    for _ in range(4):  # wrappers nest, but not deeper than this
        before = text
        if "{" in text and (inner := _from_json(text)) is not None:
            status = status or _status_in(text[: text.find("{")])
            text, code = inner[0], inner[1] or code
        if text == before and (cut := _after_status(text)) is not None:
            status, text = cut
        if "<" in text and _LOOKS_HTML.search(text):
            text, is_html = _from_html(text), True
        if (number := _VIEW_CODE.match(text)) is not None:
            view_code, text = int(number[1]), text[number.end() :]
        if text == before:
            break
    return Unwrapped(_collapse(text), code, view_code, status, is_html)


def _may_be_wrapped(message: str) -> bool:
    return (
        "{" in message
        or "<" in message
        or "tatus" in message
        or "HTTP" in message
        or message[:5].lower() == "error"
    )


def _collapse(text: str) -> str:
    if "  " in text or "\t" in text or "\u00a0" in text:
        text = _SPACES.sub(" ", text)
    if "\n" in text or "\r" in text:
        text = _NEWLINES.sub("\n", text)
    return text.strip()


def _after_status(text: str) -> tuple[int, str] | None:
    """``... Status code: 503; Content: <text>``: the status, and what follows."""
    if (status := _STATUS.search(text)) is None:
        return None
    content = _CONTENT.search(text, status.end())
    return None if content is None else (int(status[1]), text[content.end() :])


def _status_in(text: str) -> int | None:
    found = _STATUS.search(text)
    return int(found[1]) if found else None


def _from_json(text: str) -> tuple[str, str | None] | None:
    """Message and code of the first JSON object in *text* that has the shape of an error."""
    start = text.find("{")
    try:
        value, _ = _JSON.raw_decode(text, start)
    except (ValueError, RecursionError):
        return _from_cut_json(text)
    return _error_in(value)


def _from_cut_json(text: str) -> tuple[str, str | None] | None:
    """A log column cut the object short: what is left of its text still tells."""
    if (found := _CUT_VALUE.search(text)) is None:
        return None
    try:
        inner = json.loads(f'"{found[1]}"', strict=False)
    except ValueError:
        inner = found[1]
    code = _CUT_CODE.search(text)
    return str(inner), code[1] if code else None


def _error_in(value: object) -> tuple[str, str | None] | None:
    if not isinstance(value, dict):
        return None
    error = value.get("error", value.get("odata.error", value.get("Error")))
    if isinstance(error, str):
        described = value.get("error_description") or value.get("message")
        return (described if isinstance(described, str) else error), None
    if isinstance(error, dict):
        code = error.get("code", error.get("Code"))
        inner = _message_in(error)
        return None if inner is None else (inner, code if isinstance(code, str) else None)
    if (inner := _message_in(value)) is None:
        return None
    code = value.get("code")
    return inner, code if isinstance(code, str) else None


def _message_in(error: dict[str, object]) -> str | None:
    message = error.get("message", error.get("Message"))
    if isinstance(message, dict):
        message = message.get("value", message.get("Value"))
    if not isinstance(message, str):
        return None
    details = (error.get("ExceptionMessage"), error.get("MessageDetail"))
    return "\n".join([message, *(detail for detail in details if isinstance(detail, str))])


def _from_html(page: str) -> str:
    page = _BLOCK.sub("\n", _DROPPED.sub(" ", page))
    text = html.unescape(_TAG.sub(" ", page))
    lines = (line.strip() for line in text.split("\n"))
    return "\n".join(dict.fromkeys(line for line in lines if line))
