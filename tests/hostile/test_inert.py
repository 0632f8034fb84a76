"""No string from outside means anything where we draw it, and each reads back as it was."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import openpyxl
import pandas as pd
import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import structlog
from markdown_it import MarkdownIt

from iman import logs
from iman.dashboard import charts, drawing, export, parts, period, text
from iman.dashboard.bars import Bar, Part, ranked, stacked
from iman.exporting import About, Format, pieces
from iman.reading.reading import Window
from tests.hostile.strings import BY_CATEGORY, CARRIED, EVERY

NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)
WANTED = {
    "markup", "Markdown", "LaTeX", "Streamlit directives", "emoji", "control characters",
    "bidirectional text", "formulas", "terminal escapes", "databases and files", "very long",
    "not UTF-8",
}  # fmt: skip


def test_the_list_is_long_and_of_every_kind():
    assert len(EVERY) == len(set(EVERY)) >= 500
    assert set(BY_CATEGORY) == WANTED
    assert all(len(several) >= 10 for several in BY_CATEGORY.values())


# -- what is drawn as HTML -------------------------------------------------------------------------


class Skeleton(HTMLParser):
    """What of a piece of HTML is not text: its tags with the names of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.texts: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", ()))

    def handle_decl(self, decl: str) -> None:
        self.tags.append(("decl", ()))

    def unknown_decl(self, data: str) -> None:
        self.tags.append(("decl", ()))


def skeleton(markup: str) -> Skeleton:
    read = Skeleton()
    read.feed(markup)
    read.close()
    return read


def drawn(draw: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> str:
    """What *draw* gives to ``st.html``."""
    told: list[str] = []
    monkeypatch.setattr("streamlit.html", lambda body, **_: told.append(body))
    draw()
    return "".join(told)


PIECES: dict[str, Callable[[str], str]] = {
    "a bar": lambda s: ranked(
        [Bar(name=s.replace(": ", ":"), value=1.0, told=(s, s), address="/x")], s
    ),
    "a bar of several": lambda s: stacked(
        [(s.replace(": ", ":"), [Part(name=s, value=2, address="/x", colour=1)])], s
    ),
    "escaped": parts.escaped,
    "plain": parts.plain,
    "lamp": lambda s: parts.lamp("failed", s),
    "state_chip": parts.state_chip,
    "inside": lambda s: parts.inside("document", s, number=s),
    "outside": lambda s: parts.outside("https://byondpro.example/x", s),
    "a link to what is no address": lambda s: parts.outside(f"javascript:{s}", s),
    "document_link": parts.document_link,
    "key_in_words": lambda s: parts.escaped(text.key_in_words(s)),
    "lying bars": lambda s: drawing.lying([(s, 3.0)], s),
    "stacked bars": lambda s: drawing.stacked({s: [1, 2]}, [s, s], s),
}


@pytest.mark.parametrize("piece", list(PIECES), ids=str)
def test_a_piece_of_html_keeps_its_bones_and_the_words(piece: str):
    draw = PIECES[piece]
    bones = skeleton(draw("harmless"))
    for one in EVERY:
        read = skeleton(draw(one))
        assert read.tags == bones.tags, ascii(one)
        assert not [link for link in read.links if not link.startswith(("/", "https://byondpro"))]
        if piece in ("escaped", "plain", "lamp", "inside", "a link to what is no address"):
            assert "".join(read.texts).replace("\r", "\n") == one.replace("\r", "\n"), ascii(one)


NOTES: dict[str, Callable[[str], Any]] = {
    "problem": lambda s: parts.problem(s, s),
    "note": lambda s: parts.note(s, s or "-"),
    "empty": lambda s: parts.empty(s, s),
    "done": parts.done,
    "verdict": lambda s: parts.verdict("failed", s, s),
}


@pytest.mark.parametrize("note", list(NOTES), ids=str)
def test_a_note_holds_nothing_but_words(note: str, monkeypatch: pytest.MonkeyPatch):
    bones = skeleton(drawn(lambda: NOTES[note]("harmless"), monkeypatch))
    for one in (one for one in EVERY if one):
        read = skeleton(drawn(lambda one=one: NOTES[note](one), monkeypatch))
        assert read.tags == bones.tags, ascii(one)
        assert one.replace("\r", "\n") in "".join(read.texts).replace("\r", "\n")


# -- what is drawn as Markdown ---------------------------------------------------------------------

MARKDOWN = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(
    ["table", "strikethrough"]
)
DIRECTIVE = re.compile(r":\w+[\[:]|:material/|\$|\\|&\w+;|&#|https?:|www\.|<|>|[\[\]`*_~^|#{}]")


@pytest.mark.parametrize(
    "words",
    [text.label, lambda s: text.label(f"Step 1: {s}")],
    ids=["alone", "after our own words"],
)
def test_a_label_means_nothing_to_markdown_or_streamlit(words: Callable[[str], str]):
    for one in EVERY:
        shown = words(one)
        assert len(shown) <= 80
        assert shown.isprintable(), ascii(one)
        assert not DIRECTIVE.search(shown), (ascii(one), shown)
        for token in MARKDOWN.parseInline(shown):
            kinds = {child.type for child in token.children or ()}
            assert kinds <= {"text"}, (ascii(one), shown)


# -- charts ----------------------------------------------------------------------------------------


def texts_of(figure: go.Figure) -> Iterator[str]:
    """Every text Plotly would draw; it reads tags in all of them."""

    def walk(part: Any) -> Iterator[str]:
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            for name, value in part.items():
                if name not in ("template", "type", "mode", "symbol"):
                    yield from walk(value)
        elif isinstance(part, (list, tuple)):
            for value in part:
                yield from walk(value)

    yield from walk(json.loads(figure.to_json() or "{}"))


def test_labels_and_hovers_of_charts_are_words():
    ours = re.compile(r"<br>|<extra></extra>|</?b>")
    for start in range(0, len(CARRIED), 8):
        some = CARRIED[start : start + 8]
        trend = pd.DataFrame(
            {
                "bucket": [pd.Timestamp(NOW)] * len(some),
                "error_type": some,
                "failures": [1] * len(some),
            }
        )
        marks = pd.DataFrame(
            {
                "kind": ["release", "outage"], "at": pd.Timestamp(NOW), "what": (some * 2)[:2],
                "ended_at": [pd.NaT, pd.Timestamp(NOW)], "error_type": ["", ""], "entity": ["", ""],
            }
        )  # fmt: skip
        axis = period.axis(Window(hours=24), pd.Timestamp(NOW))
        figure = charts.failure_trend(trend, axis, marks=marks, now=NOW + timedelta(hours=1))
        for told in texts_of(figure):
            assert "<" not in ours.sub("", told), ascii(told)


# -- files -----------------------------------------------------------------------------------------


def table_of(several: list[str]) -> pa.Table:
    return export.to_table(pd.DataFrame({"id": range(len(several)), "reason": several}))


def saved(form: Format, several: list[str]) -> bytes:
    about = About(what="Audit", taken_at=NOW, by="ada")
    return b"".join(pieces([table_of(several)], form, about))


FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def test_a_csv_holds_every_string_and_no_formula():
    content = saved(Format.CSV, CARRIED).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content, newline="")))[4:]
    assert len(rows) == len(CARRIED)
    for one, (_, cell) in zip(CARRIED, rows, strict=True):
        assert not cell.startswith(FORMULA), ascii(one)
        assert cell in (one, "'" + one), ascii(one)


def test_an_excel_file_holds_every_string_and_no_formula():
    book = openpyxl.load_workbook(io.BytesIO(saved(Format.EXCEL, CARRIED)))
    rows = list(book["Rows"].iter_rows(min_row=2))
    assert len(rows) == len(CARRIED)
    for one, (_, cell) in zip(CARRIED, rows, strict=True):
        assert cell.data_type in ("s", "inlineStr", "n"), ascii(one)
        assert cell.hyperlink is None
        if cell.value is not None:
            assert not str(cell.value).startswith(FORMULA), ascii(one)


def test_a_parquet_file_holds_every_string_as_it_was():
    table = pq.read_table(io.BytesIO(saved(Format.PARQUET, CARRIED)))
    assert table.column("reason").to_pylist() == CARRIED


def test_a_files_name_is_letters_and_digits():
    for one in EVERY:
        name = export.file_name("audit", {"q": one, "who": one}, NOW, Format.CSV)
        assert re.fullmatch(r"iman-audit[\w.-]*_2026-11-24-0500\.csv", name, re.ASCII), ascii(one)
        assert len(name) < 200


# -- the log ---------------------------------------------------------------------------------------


@pytest.fixture
def _log_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("_log_as_it_was")
def test_a_line_of_the_log_stays_one_line_without_escapes():
    stream = io.StringIO()
    logs.set_up("info", stream)
    ours, theirs = structlog.get_logger(), logging.getLogger("somebody.else")
    for one in EVERY:
        ours.info("attempt_finished", document=one, a_field=[one])
        theirs.warning("met %s", one)
        try:
            raise ValueError(one)  # noqa: TRY301 -- one with a trace
        except ValueError as exc:
            ours.error("api_broke", exc_info=exc)
            theirs.error("broke", exc_info=exc)
    lines = stream.getvalue().split("\n")
    assert lines.pop() == ""
    assert len(lines) == 4 * len(EVERY)
    for place, line in enumerate(lines):
        assert line.isascii()
        assert line.isprintable()
        told = json.loads(line)
        if place % 4 == 0:
            assert told["document"] == EVERY[place // 4]
        if place % 4 == 1:
            assert told["event"] == f"met {EVERY[place // 4]}"
