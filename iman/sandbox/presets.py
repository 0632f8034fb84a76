"""Faults by name, to be switched on and off one by one: on the page, and for a program."""

from datetime import UTC, datetime
from typing import Any

from iman.sandbox.faults import KINDS, Faults, Kind, Switchboard

#: Words, and what is set.
PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    "outage": ("Away for 90 s", {"outage": {"seconds": 90}}),
    "slow": ("Slow answers", {"latency_ms": {"min": 200, "max": 800, "p99": 5000}}),
    "rate": ("Five requests a second", {"rate_limit": {"per_second": 5, "retry_after": 2}}),
    "contention": ("Every posting is refused", {"contention": True}),
    "lost": ("The next answer is lost", {"next": [{"kind": "reset_after"}]}),
    "random": ("A fifth of all requests is struck", {"random": {"probability": 0.2}}),
}

FAULT_WORDS: dict[Kind, str] = {
    "timeout_before": "Never answers; nothing is stored.",
    "timeout_after": "Stores, then never answers.",
    "reset_before": "Cuts the connection; nothing is stored.",
    "reset_after": "Stores, then cuts the connection.",
    "reset_mid": "Stores, sends half of the answer, then a reset.",
    "truncate": "Stores, sends half of the answer, then closes.",
    "html_500": "500 with a web page; nothing is stored.",
    "html_500_after": "Stores, then 500 with a web page.",
    "message_500": "500 with a bare Message; nothing is stored.",
    "empty_2xx": "Stores, answers with an empty body.",
    "too_many": "429 with Retry-After; nothing is stored.",
    "session_limit": "429, too many sessions; nothing is stored.",
    "contention": "409, Processing conflict; nothing is stored.",
    "unavailable": "503; nothing is stored.",
    "slow": "Answers rightly, but late.",
}

#: Every preset, and ``next_…``: the next write request meets that kind.
SWITCHES: dict[str, tuple[str, dict[str, Any]]] = PRESETS | {
    f"next_{kind}": (FAULT_WORDS[kind], {"next": [{"kind": kind}]}) for kind in KINDS
}


def listed(faults: Faults) -> list[dict[str, Any]]:
    """Every switch by its name: what it does, and whether it is on."""
    return [
        {"name": name, "label": words, "on": is_on(faults, name), "next": name not in PRESETS}
        for name, (words, _) in SWITCHES.items()
    ]


def is_on(faults: Faults, name: str) -> bool:
    """Whether all that the switch sets is in force, whatever else is."""
    outage = faults.outage
    if name == "outage" and outage and outage.until and outage.until <= datetime.now(UTC):
        return False  # it ends with the next request
    there = faults.model_dump(mode="json")
    return all(_holds(there[part], wanted) for part, wanted in SWITCHES[name][1].items())


def switch_on(board: Switchboard, name: str) -> None:
    """Beside what is in force."""
    there = board.get().model_dump(mode="json")
    for part, wanted in SWITCHES[name][1].items():
        there[part] = [*there[part], *wanted] if isinstance(wanted, list) else wanted
    board.put(Faults.model_validate(there))


def switch_off(board: Switchboard, name: str) -> None:
    """What the switch sets, and nothing else."""
    there = board.get().model_dump(mode="json")
    for part, wanted in SWITCHES[name][1].items():
        if isinstance(wanted, list):
            there[part] = [one for one in there[part] if not any(_holds(one, w) for w in wanted)]
        else:
            del there[part]
    board.put(Faults.model_validate(there))


def _holds(there: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return all(any(_holds(one, item) for one in there) for item in wanted)
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(there.get(k) == v for k, v in wanted.items())
    return bool(there == wanted)
