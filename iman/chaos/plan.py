"""What one run of chaos does: how much, for how long, and with which of the ERP's habits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from iman.errors import ImanError

#: Of a hundred documents. Invoices take what is left over.
_SHARES = {
    "customer": 8,
    "credit_note": 10,
    "receipt": 20,
    "refund": 5,
    "repayment_plan": 7,
    "journal": 10,
}
_WAVE = 15  # documents that come in at once, at the least: one of each type and their parents

#: The three habits of a real Sage 300 that nobody has documented; the first is the default.
VARIANTS: dict[str, tuple[str, ...]] = {
    "missing": ("RecordNotFound/404", "RecordNotFound/409", "FieldInvalid/409"),
    "leftovers": ("leave", "clean"),
    "duplicates": ("accept", "refuse"),
}
_SWITCHES = {
    "missing": "missing_code", "leftovers": "leftovers", "duplicates": "duplicate_at_entry",
}  # fmt: skip

#: Seconds. A time-out or slow answer of the sandbox's lasts _HELD; the daemon gives up after
#: _TIMEOUT, so most of what is stored late is stored after nobody waits for it any more.
_HELD, _TIMEOUT = 2.5, 1.5
#: Longer than the sandbox may still be working on a request nobody waits for: _HELD, its latency,
#: and the wait for a thread on a machine that does much else.
_SETTLE = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ChaosPlan:
    """*probability*: of a fault striking any one request. *kinds*: of faults; empty is all."""

    documents: int = 500
    kills: int = 30
    seed: int = 1
    bad: float = 0.1
    probability: float = 0.08
    kinds: tuple[str, ...] = ()
    variants: dict[str, str] = field(default_factory=dict)
    posting: bool = False
    limit: float = 1200.0  # seconds for everything
    resyncs: int = 8  # rounds of resyncing what failed, before it is left so

    def waves(self) -> list[dict[str, int]]:
        """Documents by type, in the order they come in."""
        count = max(1, min(self.kills, self.documents // _WAVE))
        base, more = divmod(self.documents, count)
        return [mix(base + (1 if place < more else 0)) for place in range(count)]

    def switches(self) -> dict[str, str]:
        """The variants as the sandbox's switchboard names them."""
        return {_SWITCHES[name]: value for name, value in self.variants.items()}

    def faults(self) -> dict[str, Any]:
        """What the sandbox's switchboard is told while chaos reigns."""
        random: dict[str, Any] = {
            "seed": self.seed, "probability": self.probability, "seconds": _HELD, "retry_after": 1,
        }  # fmt: skip
        if self.kinds:
            random["kinds"] = list(self.kinds)
        return self.calm() | {"random": random, "latency_ms": {"min": 20, "max": 200}}

    def calm(self) -> dict[str, Any]:
        return {"variants": self.switches()}

    def daemon(self) -> dict[str, str]:
        """Settings: a fast clock, and patience longer than the sandbox's."""
        return {
            "IMAN_SETTLE": str(_SETTLE),
            "IMAN_SAGE_TIMEOUT": str(_TIMEOUT),
            "IMAN_ASK_EVERY": "0.5",
            "IMAN_PROBE_EVERY": "0.5",
            "IMAN_INTAKE_EVERY": "0.2",
            "IMAN_WRITE_BACK_EVERY": "0.2",
            "IMAN_RETRY_WAIT_MIN": "0.5",
            "IMAN_RETRY_WAIT_MAX": "1.0",
            "IMAN_PUSH_CONCURRENCY": "6",
            "IMAN_POSTING": str(self.posting).lower(),
            "IMAN_LOG_LEVEL": "info",
        }


def mix(documents: int) -> dict[str, int]:
    """So many documents of each type that *documents* come out, children with room for parents."""
    found = {name: max(1, documents * share // 100) for name, share in _SHARES.items()}
    found["invoice"] = documents - sum(found.values())
    if found["invoice"] < found["customer"] + found["repayment_plan"] + found["credit_note"]:
        raise ImanError("Chaos needs 15 documents at the least.")
    return found


def parse_variants(text: str) -> dict[str, str]:
    """``missing=FieldInvalid/409,leftovers=clean`` to a choice for each; others keep defaults."""
    chosen = {name: values[0] for name, values in VARIANTS.items()}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, value = part.partition("=")
        if name not in VARIANTS:
            raise ImanError(f"There is no variant {name!r}; choose from {', '.join(VARIANTS)}.")
        if value not in VARIANTS[name]:
            raise ImanError(f"{name} is one of {', '.join(VARIANTS[name])}, not {value!r}.")
        chosen[name] = value
    return chosen


def parse_kinds(text: str) -> tuple[str, ...]:
    """``all``, or kinds of faults with commas. The sandbox says which there are."""
    if text == "all":
        return ()
    return tuple(one.strip() for one in text.split(",") if one.strip())
