"""What Prometheus reads: valid, cheap, documented; and every name the Grafana file uses exists."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from iman.api.wire import Health
from iman.daemon import Daemon
from iman.domain.outcome import Accepted
from iman.domain.retry import Done
from iman.keeping.backups import Backups
from iman.keeping.metrics import Metrics
from iman.keeping.room import Room
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.sync.beats import Beats
from tests.builders import NOW, make_finished, refused
from tests.ledger.books import Books

DOCS = Path(__file__).parents[2] / "docs"


class Watched:
    def __init__(self, folder: Path) -> None:
        self.books = Books(lambda now: DuckDBLedger(folder / "ledger.duckdb", now=now))
        beats = Beats(lambda: self.books.now)
        more = {"ledger": self.books.ledger, "beats": beats, "now": lambda: self.books.now}
        self.backups = Backups(folder=folder / "copies", every=timedelta(hours=4), keep=2, **more)
        room = Room(reserve=1, **more)
        self.metrics = Metrics(
            ledger=self.books.ledger, backups=self.backups, room=room, now=lambda: self.books.now
        )

    def text(self, **changes) -> str:
        now = self.books.now
        told = {
            "status": "ready", "version": "1", "company": "SERDAT", "now": now, "sandbox": True,
            "started_at": now, "held_back": "",
            "loops": [{"loop": 'in"take', "last_at": now - timedelta(seconds=3),
                       "every_seconds": 3, "ok": True, "detail": ""}],
            "breaker": {"state": "open", "reason": "", "since": None, "next_probe_at": None},
        }  # fmt: skip
        return self.metrics.text(Health.model_validate(told | changes)).decode()

    def value(self, name: str, **labels: str) -> float | None:
        for family in text_string_to_metric_families(self.text()):
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return sample.value
        return None

    def backed_up(self) -> None:
        self.backups.begin()
        end = time.monotonic() + 30
        while self.backups.state().running:
            assert time.monotonic() < end
            time.sleep(0.01)


@pytest.fixture
def watched(tmp_path: Path):
    made = Watched(tmp_path)
    yield made
    made.backups.close()
    made.books.ledger.close()


def names(text: str) -> set[str]:
    return {family.name for family in text_string_to_metric_families(text)}


def test_what_happens_is_counted_and_what_stands_is_told(watched: Watched):
    watched.books.arrive("INV-1", "INV-2", "INV-3")
    first, second, _ = watched.books.claim()
    watched.books.later(2)
    for claim, outcome in ((first, Accepted(reference="187-1")), (second, refused())):
        watched.metrics.attempt(
            make_finished(claim, outcome, Done("187-1"), ended_at=watched.books.now)
        )
    watched.books.finish(first, Accepted(reference="187-1"), Done("187-1"))
    watched.metrics.wrote(0.004)
    watched.books.later(58)
    value = watched.value
    assert value("iman_attempts_total", entry_type="invoice", outcome="accepted") == 1
    assert value("iman_attempts_total", entry_type="invoice", outcome="refused") == 1
    assert value("iman_attempts_total", entry_type="receipt", outcome="refused") == 0
    assert value("iman_refusals_total", error_type="terms_missing") == 1
    assert value("iman_attempt_seconds_bucket", entry_type="invoice", le="2.5") == 2
    assert value("iman_attempt_seconds_bucket", entry_type="invoice", le="1.0") == 0
    assert value("iman_documents", entry_type="invoice", state="syncing") == 2
    assert value("iman_documents", entry_type="refund", state="failed") == 0
    assert value("iman_oldest_document_seconds", entry_type="invoice") == 60
    assert value("iman_breaker", state="open") == 1
    assert value("iman_loop_age_seconds", loop='in"take') == 3
    assert value("iman_ledger_writer_lag_seconds") == 0.004
    assert value("iman_backup_age_seconds") is None
    watched.backed_up()
    watched.books.later(3600 * 7)
    assert value("iman_backup_age_seconds") == 3600 * 7
    assert value("iman_backup_late") == 1


def test_promtool_has_nothing_to_say(watched: Watched):
    """And the exposition is what Prometheus' own parser reads, where there is no promtool."""
    watched.backed_up()
    text = watched.text()
    assert len(names(text)) > 20
    if shutil.which("promtool") is None:
        pytest.skip("no promtool here; the parser had nothing to say")
    told = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_each_metric_is_documented_and_grafana_asks_for_nothing_else(watched: Watched):
    watched.backed_up()
    families = list(text_string_to_metric_families(watched.text()))
    told = {
        f.name + ("_total" if f.type == "counter" and not f.name.endswith("_total") else "")
        for f in families
    }
    page = (DOCS / "watching.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(iman_\w+)` \|", page, re.MULTILINE)) == told
    samples = {sample.name for family in families for sample in family.samples}
    samples |= {name for name in told if name.startswith("iman_refusals")}  # none was refused yet
    dashboard = json.loads((DOCS / "grafana.json").read_text("utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(asked) > 15
    for expression in [
        *asked,
        *re.findall(r"^\| [^|]+ \| `([^`]*iman_[^`]*)`", page, re.MULTILINE),
    ]:
        assert set(re.findall(r"iman_\w+", expression)) <= samples | told, expression
    labels = {f.name: {n for s in f.samples for n in s.labels} for f in families}
    for expression in asked:
        for name, matcher in re.findall(r"(iman_\w+)\{(\w+)=", expression):
            assert matcher in labels[name.removesuffix("_total")], expression


def test_a_loop_that_stands_still_is_stuck_whatever_its_loops_say():
    daemon = object.__new__(Daemon)
    daemon._pulse = None
    assert not daemon.stuck()  # it is only about to start
    daemon._pulse = time.monotonic() - 5
    assert not daemon.stuck()
    daemon._pulse = time.monotonic() - 31
    assert daemon.stuck()


def test_the_clock_of_the_figures_is_the_daemons(watched: Watched):
    assert watched.value("iman_start_time_seconds") == NOW.timestamp()
