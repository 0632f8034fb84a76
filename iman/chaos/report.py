"""A run's result for people and for programs."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from iman.chaos.run import ChaosReport

_SHOWN = 20  # names of a kind
_WRONG = ("lost", "duplicated", "out_of_order", "stuck_unknown", "contradicted")


def as_json(report: ChaosReport) -> dict[str, Any]:
    """Counts first; names only of what is wrong."""
    verdict = report.verdict
    return {
        "good": report.good,
        "documents": report.documents,
        "pushed": verdict.pushed,
        **{name: len(getattr(verdict, name)) for name in _WRONG},
        "failed": len(verdict.failed),
        "came_to_rest": report.in_time,
        "kills": report.kills,
        "restarts": report.restarts,
        "resyncs": report.resyncs,
        "faults": report.faults,
        "seconds": report.seconds,
        "seed": report.plan.seed,
        "variant": report.plan.variants,
        "posting": report.plan.posting,
        "wrong": {
            name: getattr(verdict, name)[:_SHOWN] for name in _WRONG if getattr(verdict, name)
        },
    }


def as_table(report: ChaosReport) -> Table:
    found = as_json(report)
    table = Table("", "", show_header=False, title=f"Chaos, seed {report.plan.seed}")
    for name in ("documents", "pushed", *_WRONG, "failed", "kills", "restarts", "resyncs"):
        style = "bold red" if name in _WRONG and found[name] else ""
        table.add_row(name.replace("_", " "), str(found[name]), style=style)
    for kind, times in sorted(report.faults.items()):
        table.add_row(f"fault {kind}", str(times))
    for name, value in report.plan.variants.items():
        table.add_row(f"variant {name}", value)
    table.add_row("seconds", str(report.seconds))
    for name, wrong in found["wrong"].items():
        table.add_row(name.replace("_", " "), ", ".join(wrong), style="bold red")
    return table
