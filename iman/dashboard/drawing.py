"""Charts as plain SVG, for a file that has no script. Only numbers and escaped words go in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

#: As the light theme's chart colours, told apart with any colour vision.
COLOURS = (
    "#b3202f", "#d9822b", "#1f5fae", "#0f8a74", "#7d4fc4", "#c0518c", "#5b6b8c", "#8a6d1b",
    "#4aa3d9", "#7b8783",
)  # fmt: skip
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 760, 220, 44, 26


def stacked(series: Mapping[str, Sequence[int]], labels: Sequence[str], alt: str) -> str:
    """One column per label, stacked by series, with a legend that says every name."""
    count = len(labels)
    totals = [sum(values[place] for values in series.values()) for place in range(count)]
    most = _round_up(max(totals, default=0))
    step = (_WIDTH - _LEFT) / max(count, 1)
    scale = (_HEIGHT - _BOTTOM - 8) / most
    drawn = [_axis(most, scale)]
    for place in range(count):
        top = float(_HEIGHT - _BOTTOM)
        for number, (name, values) in enumerate(series.items()):
            height = values[place] * scale
            if height:
                top -= height
                told = escape(f"{labels[place]}: {name} {values[place]:,}")
                drawn.append(
                    f'<rect x="{_LEFT + place * step + step * 0.12:.1f}" y="{top:.1f}" '
                    f'width="{step * 0.76:.1f}" height="{height:.1f}" '
                    f'fill="{COLOURS[number % len(COLOURS)]}"><title>{told}</title></rect>'
                )
    every = max(1, count // 8)
    drawn += [
        f'<text x="{_LEFT + place * step + step / 2:.1f}" y="{_HEIGHT - 8}" '
        f'text-anchor="middle">{escape(labels[place])}</text>'
        for place in range(0, count, every)
    ]
    legend = "".join(
        f'<li><svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" rx="2" '
        f'fill="{COLOURS[number % len(COLOURS)]}"/></svg> {escape(name)}</li>'
        for number, name in enumerate(series)
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(alt)}">'
        f'{"".join(drawn)}</svg><ul class="legend">{legend}</ul>'
    )


def lying(rows: Sequence[tuple[str, float]], alt: str) -> str:
    """Lying bars with name and number written beside them."""
    most = max((value for _, value in rows), default=0) or 1
    drawn = []
    for place, (name, value) in enumerate(rows):
        y = place * 30
        short = name if len(name) <= 52 else name[:51] + "…"
        width = 330 * value / most
        drawn.append(
            f'<text x="0" y="{y + 19}">{escape(short)}</text>'
            f'<rect x="370" y="{y + 6}" width="{width:.1f}" height="18" rx="3" '
            f'fill="{COLOURS[2]}"/><text x="{376 + width:.1f}" y="{y + 19}">{value:,.0f}</text>'
        )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {30 * len(rows)}" role="img" aria-label="{escape(alt)}">'
        f"{''.join(drawn)}</svg>"
    )


def _axis(most: int, scale: float) -> str:
    lines = []
    for part in range(5):
        value = most * part / 4
        if value != int(value):
            continue
        y = _HEIGHT - _BOTTOM - value * scale
        lines.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d9e0dd"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{int(value):,}</text>'
        )
    return "".join(lines)


def _round_up(most: int) -> int:
    """So that four steps are whole numbers of one or two digits."""
    if most <= 4:
        return 4
    unit = int(10 ** (len(str(most)) - 1))
    for factor in (1, 2, 4, 8, 10):
        if factor * unit >= most:
            return max(4, factor * unit)
    return 10 * unit
