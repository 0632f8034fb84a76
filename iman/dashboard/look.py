"""How the pages look: the stylesheet and what is drawn by hand."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

ASSETS = Path(__file__).parent / "assets"


def apply() -> None:
    """Give the page our stylesheet."""
    st.html(ASSETS / "app.css")


def sparkline(values: Sequence[float], label: str, tone: str = "quiet") -> str:
    """An ``<img>``: Streamlit drops inline ``<svg>``. Only numbers and our own colour go in."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    reach = (high - low) or 1
    step = 100 / (len(values) - 1)
    points = " ".join(
        f"{i * step:.1f},{33 - (value - low) / reach * 29:.1f}" for i, value in enumerate(values)
    )
    colour = {"bad": "#d2505c", "good": "#1d9a78"}.get(tone, "#7b8783")
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 36" preserveAspectRatio="none">'
        f'<polygon points="0,36 {points} 100,36" fill="{colour}" opacity=".14"/>'
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.75" '
        'stroke-linejoin="round" vector-effect="non-scaling-stroke"/></svg>'
    )
    encoded = base64.b64encode(svg.encode()).decode()
    return (
        f'<img class="iman-spark" alt="{html.escape(label)}" '
        f'src="data:image/svg+xml;base64,{encoded}">'
    )
