"""An outbox row as the feed's event. What a row holds is ``docs/sql-source.md``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from iman.domain.feed import FeedEvent, Unreadable
from iman.gateways.byondpro_feed import as_wire_moment, read_page

_EXCERPT = 2000  # characters of an unreadable row that are kept


def event_of(row: Mapping[str, Any]) -> FeedEvent:
    """*row* has the names ``cursor`` and ``payload``, and ``type`` and ``at`` where mapped.

    Never raises for what is in the row: a spoilt one becomes ``Unreadable``.
    """
    cursor = shown_cursor(row["cursor"])
    try:
        payload = _payload(row["payload"])
        (event,) = read_page({"events": [_event(cursor, row, payload)]}).events
    except (ValueError, RecursionError) as exc:
        return unreadable(row["cursor"], _reason(exc), _excerpt(row["payload"]))
    return event


def shown_cursor(cursor: int) -> str:
    """Told apart from the feed's: a site may move from the one to the other."""
    return f"sql:{cursor}"


def unreadable(cursor: int, reason: str, excerpt: str = "") -> Unreadable:
    return Unreadable(
        cursor=shown_cursor(cursor),
        reason=f"A row of byondpro's outbox could not be read: {reason}.",
        excerpt=excerpt,
    )


def whole_number(found: Any) -> int | None:
    """What a driver gave for a cursor, or None where it is no whole number."""
    match found:
        case bool():
            return None
        case int():
            return found
        case Decimal() if found == found.to_integral_value():
            return int(found)
        case _:
            return None


def _event(cursor: str, row: Mapping[str, Any], payload: Any) -> Any:
    """The feed's shape. A payload is the whole event, or the document alone."""
    if not isinstance(payload, dict):
        raise ValueError("its payload is no JSON object")  # noqa: TRY004 -- caught just above
    kind = row["type"] if "type" in row else payload.get("type")
    kind = kind.strip() if isinstance(kind, str) else kind  # a CHAR column is padded
    bare = kind == "document" and "document" not in payload
    event = {"document": payload} if bare else dict(payload)
    event |= {"cursor": cursor, "type": kind}
    if row.get("at") is not None:
        event["at"] = _moment(row["at"])
    return event


def _payload(found: Any) -> Any:
    match found:
        case None:
            raise ValueError("it has no payload")
        case memoryview():
            return json.loads(found.tobytes())
        case str() | bytes():
            return json.loads(found)
        case _:
            return found  # a driver that reads JSON by itself


def _moment(found: Any) -> Any:
    """With a zone; a moment without one is UTC."""
    if isinstance(found, str):
        try:
            found = datetime.fromisoformat(found.strip())
        except ValueError:
            return found  # what is wrong with it is told by whoever needs it
    if not isinstance(found, datetime):
        return str(found)
    try:
        return as_wire_moment(found if found.tzinfo else found.replace(tzinfo=UTC))
    except OverflowError:
        return str(found)


def _reason(exc: Exception) -> str:
    match exc:
        case RecursionError():
            return "its payload is nested too deeply"
        case UnicodeDecodeError():
            return "its payload is no text"
        case json.JSONDecodeError():
            return f"its payload is not JSON ({exc.msg} at character {exc.pos})"
        case _:
            return str(exc)


def _excerpt(payload: Any) -> str:
    match payload:
        case str():
            text = payload
        case bytes() | memoryview():
            text = bytes(payload[:_EXCERPT]).decode("utf-8", "replace")
        case _:
            text = type(payload).__name__ if payload is not None else ""
    cut = text[:_EXCERPT].replace("\x00", "\ufffd")
    return cut.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
