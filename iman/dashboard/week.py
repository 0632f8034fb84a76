"""The heat map of a week: refused attempts by weekday and hour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from iman.dashboard import text_overview

Cells = Mapping[tuple[int, int], int]  # weekday (1: Monday) and hour, refused attempts


def heat_map(cells: Cells, address: Callable[..., str], caption: str) -> str:
    """A table with a square per hour, the fuller the darker, with its number, which is a link.

    The keyboard passes the squares over, up to 168 of them; the links of the chart's numbers are
    for it. The colour is one of the theme's; its strength says how many.
    """
    most = max(cells.values(), default=0) or 1
    hours = "".join(f'<th scope="col">{_hour(hour)}</th>' for hour in range(24))
    days = "".join(
        f'<tr><th scope="row">{text_overview.WEEKDAYS[weekday - 1]}</th>'
        + "".join(_square(cells, most, weekday, hour, address) for hour in range(24))
        + "</tr>"
        for weekday in range(1, 8)
    )
    return (
        f'<table class="iman-week"><caption class="iman-hidden">{escape(caption)}</caption>'
        f"<thead><tr><td></td>{hours}</tr></thead><tbody>{days}</tbody></table>"
    )


def _hour(hour: int) -> str:
    """Every third is written: more would not fit."""
    return f"{hour:02}" if hour % 3 == 0 else f'<span class="iman-hidden">{hour:02}</span>'


def _square(cells: Cells, most: int, weekday: int, hour: int, address: Callable[..., str]) -> str:
    number = cells.get((weekday, hour), 0)
    if not number:
        return "<td></td>"
    title = text_overview.square(weekday, hour, number)
    shown = f"{number}" if number < 1000 else f"{number // 1000}k"
    return (
        f'<td style="--n:{14 + 36 * number / most:.0f}%"><a tabindex="-1" title="{title}" '
        f'href="{escape(address(weekday=weekday, hour=hour))}">{shown}</a></td>'
    )
