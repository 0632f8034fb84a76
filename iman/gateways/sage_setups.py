"""Sage 300's set-up tables, read: one code by its key, or a whole list page by page.

Property names: facts of the Web API. Keys are given by position, for v1.0 renamed some of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from iman.domain.setup import SageCode, SetupKind
from iman.errors import SetupsUnavailable
from iman.gateways.sage_answers import Unreadable, body_of, error_of
from iman.gateways.sage_web import PAGE, CannotTell, SageWeb, cannot_tell, key, no_connection

Record = Mapping[str, Any]
_MOST = 500  # pages of one list; a server that ignores $skip must not be read for ever


@dataclass(frozen=True, slots=True)
class _Table:
    resource: str
    code: tuple[str, ...]  # the key's property, newest name first
    select: tuple[str, ...]


_TABLES = {
    SetupKind.TERM: _Table("AR/ARTerms", ("TermsCode", "TermsCodeKey"), ("Description", "Status")),
    SetupKind.ACCOUNT: _Table(
        "GL/GLAccounts",
        ("UnformattedAccount",),
        ("Description", "Status", "PostToAccount", "ControlAccount"),
    ),
    SetupKind.TAX_GROUP: _Table(
        "TX/TXTaxGroups", ("TaxGroupKey",), ("TransactionType", "Description")
    ),
    SetupKind.CUSTOMER_GROUP: _Table(
        "AR/ARCustomerGroups", ("GroupCode",), ("Description", "Status")
    ),
    SetupKind.PAYMENT_CODE: _Table("AR/ARPaymentCodes", ("PaymentCodeKey", "PaymentCode"), ()),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class SageCustomer:
    """A customer as an invoice's entry would find it."""

    number: str
    name: str
    active: bool
    on_hold: bool


class SageSetups:
    """Given a client as ``Sage300`` is. Every call may raise ``SetupsUnavailable``."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._web = SageWeb(http)

    async def code(self, kind: SetupKind, code: str) -> SageCode | None:
        """One code; None where Sage 300 has none of that name."""
        table = _TABLES[kind]
        address = f"{table.resource}({key(code)})"
        if kind is SetupKind.TAX_GROUP:
            address = f"{table.resource}(TaxGroupKey={key(code)},TransactionType='Sales')"
        record = await self._record(address)
        return None if record is None else _code(kind, table, record, code)

    async def customer(self, number: str) -> SageCustomer | None:
        record = await self._record(f"AR/ARCustomers({key(number)})")
        if record is None:
            return None
        return SageCustomer(
            number=number,
            name=str(record.get("CustomerName") or ""),
            active=_is(record.get("Status"), "active", default=True),
            on_hold=_is(record.get("OnHold"), "yes"),
        )

    async def whole(self, kind: SetupKind) -> dict[str, SageCode] | None:
        """Every code of a kind, by its name in capitals; None where the server lists none."""
        table = _TABLES[kind]
        found: dict[str, SageCode] = {}
        skip = 0
        for _ in range(_MOST):
            page = await self._page(table, skip)
            if page is None:
                return None
            records, more = page
            for record in records:
                if kind is SetupKind.TAX_GROUP and record.get("TransactionType") == "Purchases":
                    continue
                one = _code(kind, table, record, "")
                if one.code:
                    found[one.code.upper()] = one
            skip += len(records)
            if not records or not more:
                break
        return found

    async def _page(self, table: _Table, skip: int) -> tuple[list[Record], bool] | None:
        """The records and whether there may be more."""
        options: dict[str, str | int] = {"top": PAGE, "skip": skip, "count": "true"}
        if table.select:
            options["select"] = ",".join((table.code[0], *table.select))
        try:
            answer = await self._web.get(table.resource, **options)
            told = error_of(answer) if not answer.is_success else None
            if told is not None and told[0] == "InvalidParameters" and "select" in options:
                del options["select"]  # an older server knows the key by another name
                answer = await self._web.get(table.resource, **options)
                told = error_of(answer) if not answer.is_success else None
            if told is not None and told[0] in {"ResourceNotFound", "MethodNotAllowed"}:
                return None
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                raise SetupsUnavailable(str(cannot_tell(answer)), log_in=True)
            if not answer.is_success:
                raise cannot_tell(answer)
            body = body_of(answer)
        except (CannotTell, Unreadable, httpx.HTTPError) as exc:
            raise _unavailable(exc) from exc
        records = body.get("value") if isinstance(body, dict) else None
        if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
            raise SetupsUnavailable("Sage 300 answered with a list of another shape.")
        total = body.get("@odata.count", body.get("odata.count"))
        counted = isinstance(total, int) or (isinstance(total, str) and total.isdigit())
        # a short page is the last one only where the server counted
        return records, skip + len(records) < int(total) if counted else True

    async def _record(self, address: str) -> Record | None:
        try:
            return _one(await self._web.get(address))
        except (CannotTell, Unreadable, httpx.HTTPError) as exc:
            raise _unavailable(exc) from exc


def _one(answer: httpx.Response) -> Record | None:
    """A record, or None where Sage 300 has none of that key."""
    if answer.is_success:
        found = body_of(answer)
        if not isinstance(found, dict) or "Message" in found:
            raise Unreadable("a record of another shape")
        return found
    if (told := error_of(answer)) and told[0] == "RecordNotFound":
        return None
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise SetupsUnavailable(str(cannot_tell(answer)), log_in=True)
    raise cannot_tell(answer)


def _unavailable(exc: Exception) -> SetupsUnavailable:
    if isinstance(exc, httpx.HTTPError):
        return SetupsUnavailable(no_connection(exc).reason, whole=True)
    if isinstance(exc, Unreadable):
        return SetupsUnavailable(f"Sage 300 answered with {exc}.")
    return SetupsUnavailable(str(exc))


def _code(kind: SetupKind, table: _Table, record: Record, asked: str) -> SageCode:
    name = next((record[one] for one in table.code if isinstance(record.get(one), str)), asked)
    usable, why_not = True, ""
    if kind is SetupKind.ACCOUNT:
        if _is(record.get("PostToAccount"), "prohibited"):
            usable, why_not = False, "posting to it is prohibited"
        elif _is(record.get("ControlAccount"), "yes"):
            usable, why_not = False, "it is a control account"
    return SageCode(
        code=str(name).strip(),
        description=str(record.get("Description") or "").strip(),
        active=_is(record.get("Status"), "active", default=True),
        usable=usable,
        why_not=why_not,
    )


def _is(value: object, wanted: str, *, default: bool = False) -> bool:
    """Enums travel as their names; a table without the property has *default*."""
    return value.strip().lower() == wanted if isinstance(value, str) else default
