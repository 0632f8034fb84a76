"""What is kept of a request and its answer: without cards, and without the fields a site masks."""

from __future__ import annotations

import re
from collections.abc import Iterable

from iman.domain.card_data import MASK, masked


class Masking:
    """*fields*: names of JSON fields whose values are not kept, in any case."""

    def __init__(self, fields: Iterable[str] = ()) -> None:
        names = "|".join(re.escape(name) for name in fields)
        # not parsed: an answer may be no JSON, and is cut where it is long
        self._values = (
            re.compile(rf'("(?:{names})"\s*:\s*)("(?:[^"\\]|\\.)*"?|[-+.\w]+)', re.IGNORECASE)
            if names
            else None
        )

    def __call__(self, body: str | None) -> str | None:
        if body is None:
            return None
        kept = masked(body)
        return kept if self._values is None else self._values.sub(rf'\1"{MASK}"', kept)
