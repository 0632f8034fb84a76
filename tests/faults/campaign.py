"""The daemon dies again and again over weeks of virtual time; then everything is counted."""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from tests.builders import NOW, make_arrived
from tests.faults.life import _MISSING, STEPS, UPGRADES, Life, last_life, live
from tests.faults.outside import Journal, LastingSage, LastingSource
from tests.faults.syncs import our_flag

_DAY = 86_400.0
Say = Callable[[str], None]


@dataclass(kw_only=True, slots=True)
class Report:
    kills: int
    days: float
    seed: int
    steps: dict[str, int] = field(default_factory=dict)  # where the daemon died, how often
    torn_logs: int = 0
    documents: int = 0
    attempts: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)
    rollups: dict[str, int] = field(default_factory=dict)
    audited: int = 0
    audit_broken: str = ""
    upgrades: int = 0  # migrations of later versions that were to be applied
    upgraded: int = 0  # and that were
    fsync_failed: bool = False  # whether it could be made to fail here
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        wrong = self.lost, self.doubled, self.untold, self.contradicted, self.rollups
        whole = not self.audit_broken and self.upgraded == self.upgrades
        return not any(wrong) and whole

    def as_json(self) -> dict[str, Any]:
        return {"good": self.good} | asdict(self)


def run(folder: Path, *, kills: int, days: float, seed: int, say: Say = lambda _: None) -> Report:
    """Raises ``RuntimeError`` where a life ended otherwise than by its kill."""
    begun = time.monotonic()
    rng = Random(seed)
    journal = Journal(folder / "journal.jsonl")
    sage = LastingSage(journal=journal, terms={"IMM", "30D", "F48"})
    source = LastingSource(journal=journal)
    ledger = folder / "ledger.duckdb"
    report = Report(kills=kills, days=days, seed=seed)
    steps: Counter[str] = Counter()
    report.fsync_failed = (flag := our_flag()) is not None
    moment = 0.0
    for number in range(kills):
        if number:  # down for as long as it takes to fill the days
            moment += max(days * _DAY * number / kills - moment, 0.0) * rng.uniform(0.5, 1.0)
        for _ in range(rng.choice((1, 1, 2, 3, 8))):
            _arrive(source, rng)
        step = STEPS[number % len(STEPS)]
        report.upgrades += 2 if step in UPGRADES else 0
        life = Life(
            ledger=ledger, begins=moment, lasts=rng.choice((5.0, 20.0, 80.0)), step=step,
            nth=1 if step.endswith("intake") else rng.randint(1, 2 if step in UPGRADES else 3),
            seed=rng.randrange(2**32), upgrades=report.upgrades,
        )  # fmt: skip
        if _ended(partial(live, life, sage, source, journal)) != -signal.SIGKILL:
            raise RuntimeError(f"Life {number + 1} ({life}) ended by itself: {journal.news()[-1:]}")
        moment, step = _learn(journal, sage, source, moment)
        steps[step] += 1
        if flag is not None:
            flag.unlink(missing_ok=True)
        report.torn_logs += _tear(ledger, rng)
        if not (number + 1) % 50:
            say(f"{number + 1} of {kills} kills, day {moment / _DAY:.1f}")
    life = Life(
        ledger=ledger, begins=max(moment, days * _DAY), lasts=0, step="", nth=0, seed=seed,
        upgrades=report.upgrades,
    )  # fmt: skip
    _ended(partial(last_life, life, sage, source, journal))
    kind, found = journal.news()[-1][:2]
    if kind != "found":
        raise RuntimeError(f"The last life did not come to rest: {found}")
    report.steps = dict(steps)
    report.days = round(found.pop("time") / _DAY, 2)
    for name, value in found.items():
        setattr(report, name, value)
    report.seconds = round(time.monotonic() - begun, 1)
    return report


def _arrive(source: LastingSource, rng: Random) -> None:
    number = len(source.events) + 1
    terms = _MISSING if rng.random() < 0.1 else "IMM"
    source.events.append(make_arrived(f"INV-{number:05d}", cursor=str(number), terms=terms))


def _ended(work: Callable[[], None]) -> int:
    """The exit code of a forked child that does *work*; a signal's number, negative."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 -- nothing of the parent may run on in the child
            traceback.print_exc()
        os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _learn(
    journal: Journal, sage: LastingSage, source: LastingSource, moment: float
) -> tuple[float, str]:
    """What the dead process left behind; when it died, and where."""
    step = "?"
    for kind, *values in journal.news():
        match kind:
            case "taken":
                sage.taken.append((_moment(values[0]), values[1], values[2]))
            case "told":
                source.statuses[values[0]] = values[1]
            case "died":
                moment, step = max(float(values[0]), moment), str(values[1])
    return moment, step


def _moment(stamp: float) -> Any:
    return type(NOW).fromtimestamp(stamp, tz=NOW.tzinfo)


def _tear(ledger: Path, rng: Random) -> bool:
    """Now and then the log's last page was being written when the machine went: rubbish at its
    end. Never less than what was acknowledged."""
    log = ledger.with_name(ledger.name + ".wal")
    if rng.random() > 0.2 or not log.exists():
        return False
    with log.open("ab") as file:
        file.write(rng.choice((rng.randbytes(57), bytes(4096), log.read_bytes()[-150:-90])))
    return True
