"""What a scenario finds on Sage 300's side: a set-up that is missing, a lock, a fault.

Scenarios carry the names of byondpro's; most need nothing here, for the company lacks F48 and 6030
and has F36 inactive from the start.
"""

from dataclasses import dataclass
from datetime import date

from iman.sandbox.faults import Fault, Faults, Outage
from iman.sandbox.sage_store import SageStore
from iman.sandbox.scenarios import LOST_INVOICE, locked_month, scenario_of


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What differs from the reference company."""

    without_accounts: tuple[str, ...] = ()
    locked: bool = False  # the month the back-dated receipt falls into
    faults: Faults | None = None


_OUTAGE = Outage(seconds=90, after_writes=3)
_LOST = Fault(kind="timeout_after", body=LOST_INVOICE, seconds=5)
_STATES = {
    "locked": State(locked=True),
    "outage": State(faults=Faults(outage=_OUTAGE)),
    "lost": State(faults=Faults(next=[_LOST])),
    "package": State(without_accounts=("5930",)),
    "redeem": State(without_accounts=("2560",)),
    "all": State(
        without_accounts=("5930", "2560"),
        locked=True,
        faults=Faults(outage=_OUTAGE, next=[_LOST]),
    ),
}


def state_of(scenario: str) -> State:
    """The state of *scenario*. Raises `ValueError` when there is none of that name."""
    scenario_of(scenario)
    return _STATES.get(scenario, State())


def apply(store: SageStore, state: State, *, today: date) -> None:
    """Bring a freshly filled company into *state*."""
    with store.db.transaction():
        for account in state.without_accounts:
            store.delete_record("GLAccounts", account)
        if state.locked:
            store.set_setting("locked_periods", [f"AR:{locked_month(today):%Y-%m}"])
        if state.faults is not None:
            store.set_setting("faults", state.faults.model_dump(mode="json"))
