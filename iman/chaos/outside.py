"""What the two systems say for themselves, and what a person would do in them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import httpx

from iman.chaos.judge import Sighted, Wanted
from iman.chaos.systems import COMPANY, USER, Systems
from iman.demo import DEMO_SIGN_INS
from iman.errors import ImanError

_API = "/api/v1"
_PAGE = 1000
#: Accounts and terms that generated documents carry and Sage 300 does not have.
_GAPS = (
    ("AR/ARTerms", {"TermsCode": "F48", "Description": "48 Month Repayment Plan"}),
    *(
        (
            "GL/GLAccounts",
            {"UnformattedAccount": account, "Description": "Added after the fact",
             "AccountType": "IncomeStatement", "NormalBalanceDRCR": "Credit", "Status": "Active"},
        )
        for account in ("6030", "6099")
    ),
)  # fmt: skip


class Outside:
    """Both systems and the control API, over HTTP. Raises ``ImanError`` for a wrong answer."""

    def __init__(self, systems: Systems) -> None:
        self._feed = httpx.Client(
            base_url=systems.byondpro_url, trust_env=False, timeout=120,
            headers={"authorization": f"Bearer {systems.token}"},
        )  # fmt: skip
        self._sage = httpx.Client(
            base_url=systems.sage_url, trust_env=False, timeout=120, auth=(USER, systems.password)
        )
        self._iman = httpx.Client(base_url=systems.api_url + _API, trust_env=False, timeout=60)

    def __enter__(self) -> Outside:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for http in (self._feed, self._sage, self._iman):
            http.close()

    # -- byondpro

    def generate(self, mix: dict[str, int], *, seed: int, bad: float) -> None:
        self._json(self._feed, "POST", "/sandbox/generate",
                   json={"mix": mix, "seed": seed, "bad": bad})  # fmt: skip

    def generate_invoices(self, count: int, *, seed: int, bad: float) -> None:
        self._json(self._feed, "POST", "/sandbox/generate",
                   json={"invoices": count, "seed": seed, "bad": bad})  # fmt: skip

    def wanted(self) -> list[Wanted]:
        """Every document byondpro sent out, with its parent and how byondpro says it stands."""
        stands = {
            (row["entry_type"], row["number"]): row["status"]
            for row in self._json(self._feed, "GET", "/sandbox/state")["documents"]
        }
        return [
            Wanted(
                entry_type=body["entry_type"],
                number=body["number"],
                parent=_parent(body),
                schedule=tuple(
                    (row["number"], row["due"], f"{float(row['amount']):.2f}")
                    for row in body.get("schedule") or ()
                ),
                status=stands[body["entry_type"], body["number"]],
            )
            for body in self._outbox()
        ]

    def statuses(self) -> list[str]:
        rows = self._json(self._feed, "GET", "/sandbox/state")["documents"]
        return [row["status"] for row in rows]

    def _outbox(self) -> Iterator[dict[str, Any]]:
        seen: set[tuple[str, str]] = set()
        after, more = "0", True
        while more:
            page = self._json(self._feed, "GET", "/api/integration/v1/outbox",
                              params={"after": after, "limit": _PAGE})  # fmt: skip
            for event in page["events"]:
                body = event.get("document")
                if body and (which := (body["entry_type"], body["number"])) not in seen:
                    seen.add(which)
                    yield body
            after, more = page["next"], page["more"]

    # -- Sage 300

    def faults(self, faults: dict[str, Any]) -> None:
        self._json(self._sage, "PUT", "/sandbox/faults", json=faults)

    def fired(self) -> dict[str, int]:
        """Faults that struck, by kind."""
        found: dict[str, int] = self._json(self._sage, "GET", "/sandbox/counts")["faults"]
        return found

    def requests(self) -> int:
        """Calls of the Web API that came in, whatever became of them."""
        return sum(self._json(self._sage, "GET", "/sandbox/counts")["requests"].values())

    def sighted(self) -> list[Sighted]:
        """Everything that stands in Sage 300, in the order it was stored."""
        schedules: dict[str, Any] = {
            row["document_number"]: row["schedule"]
            for row in self._json(self._sage, "GET", "/sandbox/documents")
            if "schedule" in row
        }
        return [
            Sighted(
                entry_type="invoice" if row["kind"] == "debit_note" else row["kind"],
                number=row["document_number"],
                sequence=row["sequence"],
                schedule=tuple(
                    (one["number"], one["due"], one["amount"])
                    for one in schedules.get(row["document_number"], ())
                ) if row["kind"] == "repayment_plan" else (),
            )
            for row in self._json(self._sage, "GET", "/sandbox/order")
            if row["stands"]
        ]  # fmt: skip

    def close_gaps(self) -> None:
        """As finance would: add what the documents name and Sage 300 does not know."""
        for resource, body in _GAPS:
            answer = self._sage.post(f"/Sage300WebApi/v1.0/-/{COMPANY}/{resource}", json=body)
            if answer.status_code not in {201, 409}:
                raise ImanError(f"Sage 300 did not take {body}: {answer.text[:300]}")

    # -- Iman

    def sign_in(self) -> None:
        admin = DEMO_SIGN_INS[0]
        found = self._json(self._iman, "POST", "/sessions",
                           json={"name": admin.name, "password": admin.password})  # fmt: skip
        self._iman.headers["authorization"] = f"Bearer {found['token']}"

    def count(self, *states: str) -> int:
        found = self._json(self._iman, "GET", "/documents", params={"state": states, "limit": 1})
        return int(found["total"])

    def documents(self, *states: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while True:
            found = self._json(
                self._iman, "GET", "/documents",
                params={"state": states, "limit": _PAGE, "offset": len(rows), "order": "number"},
            )  # fmt: skip
            rows += found["rows"]
            if not found["rows"] or len(rows) >= found["total"]:
                return rows

    def resync(self, document_id: int) -> None:
        """One that went on by itself meanwhile needs none."""
        with contextlib.suppress(ImanError):
            self._json(self._iman, "POST", f"/documents/{document_id}/resync",
                       json={"reason": "chaos: the set-up was added"})  # fmt: skip

    @staticmethod
    def _json(http: httpx.Client, method: str, path: str, **request: Any) -> Any:
        try:
            try:
                answer = http.request(method, path, **request)
            except httpx.RemoteProtocolError:  # an idle connection was let go of just then
                if method != "GET":
                    raise
                answer = http.request(method, path, **request)
        except httpx.HTTPError as exc:
            raise ImanError(f"{method} {path} was not answered ({type(exc).__name__}).") from exc
        if not answer.is_success:
            raise ImanError(
                f"{method} {path} was refused: {answer.status_code} {answer.text[:500]}"
            )
        return answer.json()


def _parent(body: dict[str, Any]) -> tuple[str, str] | None:
    parent = body.get("parent")
    return (parent["entry_type"], parent["number"]) if parent else None
