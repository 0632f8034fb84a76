"""The heat map of a week: refused attempts by weekday and hour."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import plotly.graph_objects as go

from iman.dashboard import text_overview

#: The numbers' colour in either theme; Streamlit's own is too faint on a filled square.
LIGHT, DARK = "#17211f", "#e6eeeb"

Cells = Mapping[tuple[int, int], int]  # weekday (1: Monday) and hour, refused attempts


def heat_map(
    cells: Cells, address: Callable[..., str] | None = None, *, ink: str = LIGHT
) -> go.Figure:
    """One square per hour, the fuller the darker, with its number.

    Bars all of one height, for a click on a heat map's own trace is not told. The colour is one of
    the theme's, so that it suits light and dark; its strength says how many.
    """
    most = max(cells.values(), default=0) or 1
    figure = go.Figure()
    for weekday in range(1, 8):
        counts = [cells.get((weekday, hour), 0) for hour in range(24)]
        figure.add_bar(
            x=list(range(24)),
            y=[1] * 24,
            base=[7 - weekday] * 24,
            width=0.94,
            name=text_overview.WEEKDAY_NAMES[weekday - 1],
            marker={
                "color": "#000003",
                "opacity": [0.07 if not n else 0.18 + 0.42 * n / most for n in counts],
                "cornerradius": 3,
            },
            customdata=[address(weekday=weekday, hour=hour) for hour in range(24)]
            if address
            else None,
            hovertext=[f"{n:,}" for n in counts],
            hovertemplate=text_overview.WEEKDAY_NAMES[weekday - 1]
            + " %{x:02d}:00 · %{hovertext}<extra></extra>",
        )
        figure.add_scatter(
            x=[hour for hour, n in enumerate(counts) if n],
            y=[7 - weekday + 0.5] * sum(1 for n in counts if n),
            mode="text",
            text=[f"<b>{n:,}</b>" if n < 1000 else f"<b>{n // 1000}k</b>" for n in counts if n],
            textfont={"size": 11, "color": ink},
            hoverinfo="skip",
        )
    figure.update_layout(
        barmode="overlay",
        height=280,
        margin={"l": 4, "r": 8, "t": 8, "b": 4},
        font={"family": "Inter, sans-serif", "size": 12.5},
        bargap=0.06,
        uirevision="keep",
        showlegend=False,
        hovermode="closest",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    figure.update_xaxes(
        range=[-0.5, 23.5], tickvals=list(range(0, 24, 3)),
        ticktext=[f"{hour:02}:00" for hour in range(0, 24, 3)], showgrid=False, zeroline=False,
    )  # fmt: skip
    figure.update_yaxes(
        range=[0, 7], tickvals=[6.5 - d for d in range(7)], ticktext=list(text_overview.WEEKDAYS),
        showgrid=False, zeroline=False,
    )  # fmt: skip
    return figure
