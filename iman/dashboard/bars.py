"""Lying bars as HTML: drawn at once, each a link, readable without seeing them.

Plotly takes about 50 ms a chart to draw the same, and none of its bars can be reached by keyboard.
It draws what has an axis of time (``charts.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

COLOURS = 10  # of the theme; assets/app.css has them as --iman-c1 and so on


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """*told*: what is written beside it, a line each. *address*: what it opens."""

    name: str
    value: float
    told: Sequence[str]
    address: str = ""
    colour: int = 3  # of the theme's ten, the first is 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A piece of a bar made of several."""

    name: str
    value: int
    address: str
    colour: int


def ranked(bars: Sequence[Bar], answers: str) -> str:
    """One below the other, as they come; *answers* is the question the chart answers."""
    most = max((bar.value for bar in bars), default=0) or 1
    rows = "".join(f"<li>{_opened(bar, _bar(bar, bar.value / most))}</li>" for bar in bars)
    return f'<ul class="iman-chart" role="list" aria-label="{escape(answers)}">{rows}</ul>'


def stacked(rows: Sequence[tuple[str, Sequence[Part]]], answers: str) -> str:
    """A bar for each row, made of its parts, with their sum beside it and a legend above."""
    most = max((sum(part.value for part in parts) for _, parts in rows), default=0) or 1
    legend = dict(sorted({part.colour: part.name for _, parts in rows for part in parts}.items()))
    named = "".join(
        f'<li><i style="background:{_colour(colour)}"></i>{escape(name)}</li>'
        for colour, name in legend.items()
    )
    drawn = "".join(_stack(name, parts, most) for name, parts in rows)
    return (
        f'<ul class="iman-legend" aria-hidden="true">{named}</ul>'
        f'<ul class="iman-chart" role="list" aria-label="{escape(answers)}">{drawn}</ul>'
    )


def _stack(row: str, parts: Sequence[Part], most: int) -> str:
    whole = sum(part.value for part in parts)
    pieces = "".join(
        f'<a href="{escape(part.address)}" title="{escape(_piece(row, part))}" '
        f'style="flex-grow:{part.value};background:{_colour(part.colour)}">'
        f'<span class="iman-hidden">{escape(_piece(row, part))}</span></a>'
        for part in parts
    )
    return (
        f'<li><div>{_name(row)}<span class="iman-track"><span class="iman-stack" '
        f'style="--share:{whole / most:.3f}">{pieces}</span><b>{whole:,}</b></span></div></li>'
    )


def _piece(row: str, part: Part) -> str:
    return f"{row}, {part.name}: {part.value:,}"


def _bar(bar: Bar, share: float) -> str:
    first, *more = [escape(line) for line in bar.told] or [""]
    said = f"<b>{first}</b>" + "".join(f"<small>{line}</small>" for line in more)
    return (
        f'{_name(bar.name)}<span class="iman-track"><i style="--share:{share:.3f};'
        f'background:{_colour(bar.colour)}"></i><span>{said}</span></span>'
    )


def _opened(bar: Bar, drawn: str) -> str:
    if not bar.address:
        return f"<div>{drawn}</div>"
    return f'<a href="{escape(bar.address)}">{drawn}</a>'


def _name(name: str) -> str:
    """What stands after the last colon tells one cause from another, so it has its own line."""
    lead, _, end = name.rpartition(": ")
    told = f"{escape(lead)}<small>{escape(end)}</small>" if lead else escape(end)
    return f'<span class="iman-name" title="{escape(name)}">{told}</span>'


def _colour(place: int) -> str:
    return f"var(--iman-c{(place - 1) % COLOURS + 1})"
