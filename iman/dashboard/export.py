"""What is seen, as a file: complete, with the filter in its name and inside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import pyarrow as pa
import streamlit as st
from pydantic import BaseModel

from iman.dashboard import filters, parts, session, text
from iman.domain.people import Permission
from iman.exporting import About, Format, pieces

LABELS = {Format.CSV: "CSV", Format.EXCEL: "Excel", Format.PARQUET: "Parquet"}


def button(
    what: str, frame: Callable[[], pd.DataFrame], narrowed: Mapping[str, Any] | None = None
) -> None:
    """Save *frame*, which is asked for when a button is pressed, in each of the three formats.

    Streamlit asks for it outside the page's run: *frame* must not ask who is looking.
    """
    if not session.may(Permission.EXPORT):
        return
    asked, now = narrowed or {}, session.now()
    about = About(
        what=what.replace("-", " ").capitalize(),
        taken_at=now,
        by=session.me().name,
        filters={name: str(value) for name, value in asked.items() if value not in (None, "")},
        zone=_zone(),
    )
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"export_{what}"
    ):
        st.html(f'<p class="iman-quiet">{text.EXPORT}</p>', width="content")
        for form, label in LABELS.items():
            st.download_button(
                label,
                data=partial(of_frame, frame, form, about),
                file_name=file_name(what, asked, now.astimezone(session.zone()), form),
                mime=form.media_type,
                key=f"export_{what}_{form}",
                help=text.export_help(label),
                on_click="ignore",
            )


def list_links(carried: Mapping[str, str], total: int) -> None:
    """The whole list that *carried* filters, every page of it, straight from the daemon."""
    if not total or not session.may(Permission.EXPORT):
        return
    links = "".join(
        f'<a class="iman-button" download href="{parts.escaped(address)}">{label}</a>'
        for form, label in LABELS.items()
        for address in [f"/export/documents.{form}?" + urlencode({**carried, "zone": _zone()})]
    )
    st.html(
        '<p class="iman-title iman-export"><span class="iman-quiet">'
        f"{text.export_all(total)}</span>"
        f"{links}</p>"
    )


def of_frame(frame: Callable[[], pd.DataFrame], form: Format, about: About) -> bytes:
    return b"".join(pieces([to_table(frame())], form, about))


def to_table(frame: pd.DataFrame) -> pa.Table:
    """Columns keep their types where all of a column agrees; else they are texts."""
    columns = {str(name): _column(frame[name]) for name in frame.columns}
    return pa.table(columns)


def file_name(what: str, narrowed: Mapping[str, Any], now: datetime, form: Format) -> str:
    """``iman-audit_who-ada_2026-03-04-1402.csv``: nothing but letters, digits, dot, dash."""
    said = [f"{name}-{value}" for name, value in narrowed.items() if value not in (None, "")]
    words = "_".join([f"iman-{what}", *said])
    safe = re.sub(r"[^\w.-]+", "-", words, flags=re.ASCII)[:120].rstrip("-.")
    return f"{safe}_{now:%Y-%m-%d-%H%M}.{form}"


def of_models(several: Sequence[BaseModel], *without: str) -> pd.DataFrame:
    """API records as rows, without the named fields; money and moments keep their types."""
    rows = [one.model_dump(exclude=set(without)) for one in several]
    return pd.DataFrame([{name: _plain(value) for name, value in row.items()} for row in rows])


def _plain(value: Any) -> Any:
    """A list or a dict inside a row is told as text."""
    return str(value) if isinstance(value, (list, dict)) else value


def _column(values: pd.Series) -> pa.Array:
    listed = [None if text.is_missing(value) else value for value in values]
    try:
        if any(isinstance(value, Decimal) for value in listed):
            return pa.array([_money(value) for value in listed], pa.decimal128(19, 3))
        return pa.array(listed)
    except (pa.ArrowException, InvalidOperation, TypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in listed], pa.string())


def _money(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value).quantize(Decimal("0.001"))


def _zone() -> str:
    return session.zone().key


def names(carried: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A filter's parts for a file's name; how the list looks and the browser's zone are none."""
    other = ("zone", *filters.LOOK)
    return ((name, value) for name, value in carried.items() if name not in other and value)
