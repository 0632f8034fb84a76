"""The resources of the Web API: address, entity, key and verbs; and how keys are written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from iman.sandbox import sage_schema as schema
from iman.sandbox.sage_errors import SageError
from iman.sandbox.sage_payload import Record
from iman.sandbox.sage_schema import Entity

_ALL = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_READ = frozenset({"GET"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    name: str
    entity: Entity
    key: tuple[str, ...]
    verbs: frozenset[str] = _READ

    @property
    def module(self) -> str:
        return self.name[:2]

    def key_text(self, record: Mapping[str, object]) -> str:
        """How the store names a record."""
        return "|".join(str(record.get(name) or "") for name in self.key)


_LIST = (
    Resource(name="ARCustomers", entity=schema.CUSTOMER, key=("CustomerNumber",), verbs=_ALL),
    Resource(name="ARTerms", entity=schema.TERMS, key=("TermsCode",), verbs=_ALL),
    Resource(name="ARCustomerGroups", entity=schema.CUSTOMER_GROUP, key=("GroupCode",)),
    Resource(name="ARAccountSets", entity=schema.ACCOUNT_SET, key=("AccountSetKey",)),
    Resource(name="GLAccounts", entity=schema.ACCOUNT, key=("UnformattedAccount",), verbs=_ALL),
    Resource(name="TXTaxGroups", entity=schema.TAX_GROUP, key=("TaxGroupKey", "TransactionType")),
    Resource(name="CSFiscalCalendars", entity=schema.FISCAL_CALENDAR, key=("FiscalYear",)),
    Resource(
        name="CSCompanyProfile",
        entity=schema.COMPANY_PROFILE,
        key=("DatabaseID",),
        verbs=frozenset({"GET", "PUT", "PATCH"}),
    ),
    Resource(
        name="ARInvoiceBatches",
        entity=schema.INVOICE_BATCH,
        key=("BatchNumber",),
        verbs=frozenset({"GET", "POST", "PATCH"}),
    ),
    Resource(
        name="ARPostedDocuments",
        entity=schema.POSTED_DOCUMENT,
        key=("CustomerNumber", "DocumentNumber"),
    ),
    Resource(
        name="ARPostInvoices",
        entity=schema.POST_INVOICES,
        key=(),
        verbs=frozenset({"POST"}),
    ),
)
RESOURCES = {resource.name: resource for resource in _LIST}
MODULES = frozenset(resource.module for resource in _LIST)
DEFAULTS: dict[str, Record] = {
    "ARCustomers": {
        "Status": "Active",
        "OnHold": "No",
        "AccountSet": "AR",
        "AccountType": "OpenItem",
        "TaxClassCode1": 1,
        "TaxIncluded1": "Yes",
    },
    "ARTerms": {
        "Status": "Active",
        "UsePaymentSchedule": "No",
        "DueDateType": "DaysFromInvoiceDate",
        "NumberOfDays": 0,
        "NumberOfPayments": 1,
    },
    "GLAccounts": {
        "Status": "Active",
        "AccountType": "IncomeStatement",
        "NormalBalanceDRCR": "Credit",
        "PostToAccount": "Detail",
        "ControlAccount": "No",
        "StructureCode": "BASE",
    },
    "ARInvoiceBatches": {"BatchStatus": "Open", "BatchType": "Entered", "Invoices": []},
    "ARPostInvoices": {"PostAllBatches": "Donotpostallbatches"},
}

_ADDRESS = re.compile(r"([A-Za-z]+)(?:\((.*)\))?", re.DOTALL)
_PART = re.compile(r"\s*(?:([A-Za-z_][A-Za-z0-9_]*)\s*=\s*)?('(?:[^']|'')*'|-?\d+)\s*(,|$)")


def split_address(address: str) -> tuple[str, str | None]:
    """`ARTerms('F48')` into its name and what stands in the brackets, None without brackets."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise SageError("ResourceNotFound", "The specified resource cannot be found.")
    return found[1], found[2]


def read_key(resource: Resource, text: str) -> Record:
    """The key's properties. Named parts may come in any order, others in the key's own."""
    named: dict[str, str] = {}
    plain: list[str] = []
    position = 0
    while position < len(text):
        found = _PART.match(text, position)
        if found is None or (found[3] == "," and found.end() == len(text)):
            raise _bad_key()
        if found[1]:
            named[found[1]] = found[2]
        else:
            plain.append(found[2])
        position = found.end()
    if named and plain:
        raise _bad_key()
    parts = named or dict(zip(resource.key, plain, strict=False))
    if set(parts) != set(resource.key) or len(plain) > len(resource.key):
        raise _bad_key()
    return {name: _key_value(resource, name, literal) for name, literal in parts.items()}


def _key_value(resource: Resource, name: str, literal: str) -> str | int:
    known = resource.entity.properties[name]
    quoted = literal.startswith("'")
    if quoted is (known.kind == "integer"):
        raise _bad_key()
    if not quoted:
        if len(literal) > 15:
            raise _bad_key()
        return int(literal)
    value = literal[1:-1].replace("''", "'")
    return value.upper() if known.code else value


def _bad_key() -> SageError:
    return SageError("InvalidEntityKey", "The specified entity key is not valid.")
