"""What is seen, as a file: complete, with the filter in its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st
from pydantic import BaseModel

from iman.dashboard import session, text
from iman.domain.people import Permission

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv(frame: pd.DataFrame) -> bytes:
    """For any spreadsheet. A text it would take for a formula gets an apostrophe in front."""
    safe = frame.map(_inert)
    safe.columns = [_inert(name) for name in safe.columns]
    return bytes(safe.to_csv(index=False).encode("utf-8-sig"))


def file_name(what: str, filters: Mapping[str, Any], now: datetime) -> str:
    """``iman-audit_who-ada_2026-03-04-1402.csv``: nothing but letters, digits, dot, dash."""
    said = [f"{name}-{value}" for name, value in filters.items() if value not in (None, "")]
    words = "_".join([f"iman-{what}", *said, f"{now:%Y-%m-%d-%H%M}"])
    return re.sub(r"[^\w.-]+", "-", words, flags=re.ASCII)[:140] + ".csv"


def button(
    what: str, frame: Callable[[], pd.DataFrame], filters: Mapping[str, Any] | None = None
) -> None:
    """Saves *frame*, which is asked for when the button is pressed."""
    if session.may(Permission.EXPORT):
        st.download_button(
            text.EXPORT,
            data=lambda: csv(frame()),
            file_name=file_name(what, filters or {}, session.now()),
            mime="text/csv",
            icon=":material/download:",
            key=f"export_{what}",
            on_click="ignore",
        )


def of_models(several: Sequence[BaseModel], *without: str) -> pd.DataFrame:
    """API records as rows, without the named fields."""
    return pd.DataFrame([one.model_dump(mode="json", exclude=set(without)) for one in several])


def _inert(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
