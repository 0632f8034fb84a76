"""``iman classify``: JSON lines in, JSON lines out."""

import json
import sys
from collections.abc import Callable
from typing import TextIO

from iman.classify import Classification, classify

_ANSWERED = ("type", "entity_kind", "entity", "transient", "who_fixes", "rule")


Classify = Callable[..., Classification]


def classify_lines(stdin: TextIO, stdout: TextIO, by: Classify = classify) -> int:
    """Reads objects with ``id``, ``message`` and perhaps ``http_status``; writes one for each.

    *by* takes a text and ``http_status``; the built-in rules where it is left out. Answers 0, or 1
    when a line could not be read: it is named on stderr and passed over.
    """
    status = 0
    for number, line in enumerate(stdin, start=1):
        if not line.strip():
            continue
        try:
            answer = _answer(line, by)
        except ValueError as exc:
            print(f"line {number}: {exc}", file=sys.stderr)  # noqa: T201 -- the command's own voice
            status = 1
        else:
            stdout.write(json.dumps(answer) + "\n")
    return status


def _answer(line: str, by: Classify) -> dict[str, object]:
    """Raises ValueError."""
    try:
        asked = json.loads(line)
    except json.JSONDecodeError as exc:
        raise ValueError(f"not a JSON object: {exc}") from exc
    if not isinstance(asked, dict) or not isinstance(asked.get("message"), str):
        raise ValueError(  # noqa: TRY004 -- about a line read, not about a caller's argument
            "an object with a text named message is needed"
        )
    status = asked.get("http_status")
    if status is not None and type(status) is not int:
        raise ValueError(f"http_status is a number or null, not {status!r}")
    found = by(asked["message"], http_status=status)
    return {"id": asked.get("id"), **{name: getattr(found, name) for name in _ANSWERED}}
