"""What every chart of the overview has: rows behind it, its numbers, its file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from iman.dashboard import charts, doing, filters, parts, text, text_overview
from iman.dashboard.parts import Column
from iman.dashboard.period import Period
from iman.reading.reading import Scope


def behind(scope: Scope, **more: Any) -> str:
    """The list of documents within *scope*, narrowed further, as an address."""
    values: dict[str, Any] = {
        "type": scope.entry_type or filters.ALL_TYPES, "show": "open", "site": scope.site,
        "company": scope.company, **more,
    }  # fmt: skip
    moments = {
        name: value.isoformat(timespec="minutes") if isinstance(value, datetime) else value
        for name, value in values.items()
    }
    return "/monitor?" + urlencode({k: v for k, v in moments.items() if v not in (None, "")})


def refused_behind(scope: Scope, of: Period, **more: Any) -> str:
    """Documents refused in the period, whatever became of them."""
    return behind(scope, **{"show": "all", "since": of.since, "until": of.until, **more})


def chart(key: str, figure: go.Figure, alt: str) -> None:
    """A click on a bar opens the list its address names."""
    st.plotly_chart(
        figure, key=key, config=charts.CONFIG, alt=alt, on_select=partial(_clicked, key),
        selection_mode="points",
    )  # fmt: skip
    doing.gone()


def _clicked(key: str) -> None:
    """The browser says what was clicked, so it is read as any address that somebody typed."""
    points = st.session_state[key]["selection"]["points"]
    address = address_of(points[0].get("customdata")) if points else ""
    page, _, query = address.removeprefix("/").partition("?")
    if page in ("monitor", "causes"):
        doing.go(f"{page}.py", **dict(parse_qsl(query)))


def address_of(given: Any) -> str:
    """What a clicked point carries; empty where that is none of ours."""
    if isinstance(given, dict):  # a list of one, as Streamlit hands it on
        given = given.get("0", "")
    if isinstance(given, (list, tuple)):
        given = given[0] if given else ""
    return given if isinstance(given, str) else ""


def numbers(what: str, listed: Callable[[], None]) -> None:
    """The table behind a chart, and its file: made when somebody opens it, for few do."""
    held = st.expander(text_overview.NUMBERS, key=f"numbers_{what}", on_change="rerun")
    if held.open:
        with held:
            listed()


def linked(words: str, address: str) -> str:
    page, _, query = address.removeprefix("/").partition("?")
    return parts.inside(page, words, **dict(parse_qsl(query)))


def counted(title: str, name: str) -> Column:
    return Column(title=title, cell=lambda r: text.number(int(getattr(r, name))), css="iman-number")


def amount(title: str, currency: str) -> Column:
    unit = f" ({currency})" if currency else ""
    return Column(title=f"{title}{unit}", cell=lambda r: text.money(r.amount), css="iman-number")


def called(frame: pd.DataFrame) -> pd.DataFrame:
    """With the cause in words, and without what only the program needs."""
    causes: Sequence[str] = [cause_of(row) for row in parts.rows_of(frame)]
    found = frame.drop(columns=[c for c in ("id", "entity_kind") if c in frame])
    found.insert(0, "cause", causes)
    return found


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """With an error type as people call it, and without the addresses."""
    found = frame.drop(columns=[c for c in ("error_type", "address") if c in frame])
    return found.rename(columns={"called": "error_type", "bucket": "from"})


def cause_of(row: Any) -> str:
    return text.cause(row.error_type, row.entity) if row.error_type else text_overview.NO_CAUSE
