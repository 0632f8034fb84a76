"""The resources of the Web API: address, entity, key and verbs; and how keys are written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from iman.sandbox import sage_schema as schema
from iman.sandbox import sage_schema_money as money
from iman.sandbox.sage_errors import SageError
from iman.sandbox.sage_payload import Record, shown_day
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


_BATCH = frozenset({"GET", "POST", "PATCH"})
_SERVICE = frozenset({"POST"})
_LIST = (
    Resource(name="ARCustomers", entity=schema.CUSTOMER, key=("CustomerNumber",), verbs=_ALL),
    Resource(name="ARTerms", entity=schema.TERMS, key=("TermsCode",), verbs=_ALL),
    Resource(name="ARCustomerGroups", entity=schema.CUSTOMER_GROUP, key=("GroupCode",), verbs=_ALL),
    Resource(name="ARAccountSets", entity=schema.ACCOUNT_SET, key=("AccountSetKey",), verbs=_ALL),
    Resource(
        name="ARDistributionCodes",
        entity=schema.DISTRIBUTION_CODE,
        key=("DistributionCodeKey",),
        verbs=_ALL,
    ),
    Resource(
        name="ARPaymentCodes", entity=schema.PAYMENT_CODE, key=("PaymentCodeKey",), verbs=_ALL
    ),
    Resource(name="ARItems", entity=schema.ITEM, key=("ItemNumber",), verbs=_ALL),
    Resource(name="BKBanks", entity=schema.BANK, key=("BankCode",), verbs=_ALL),
    Resource(name="GLAccounts", entity=schema.ACCOUNT, key=("UnformattedAccount",), verbs=_ALL),
    Resource(
        name="GLSourceCodes",
        entity=schema.SOURCE_CODE,
        key=("SourceLedger", "SourceType"),
        verbs=_ALL,
    ),
    Resource(name="TXTaxGroups", entity=schema.TAX_GROUP, key=("TaxGroupKey", "TransactionType")),
    Resource(name="CSFiscalCalendars", entity=schema.FISCAL_CALENDAR, key=("FiscalYear",)),
    Resource(
        name="CSCompanyProfile",
        entity=schema.COMPANY_PROFILE,
        key=("DatabaseID",),
        verbs=frozenset({"GET", "PUT", "PATCH"}),
    ),
    Resource(
        name="ARInvoiceBatches", entity=schema.INVOICE_BATCH, key=("BatchNumber",), verbs=_BATCH
    ),
    Resource(
        name="ARReceiptAndAdjustmentBatches",
        entity=money.RECEIPT_BATCH,
        key=("BatchRecordType", "BatchNumber"),
        verbs=_BATCH,
    ),
    Resource(name="ARRefundBatches", entity=money.REFUND_BATCH, key=("BatchNumber",), verbs=_BATCH),
    Resource(
        name="GLJournalBatches", entity=money.JOURNAL_BATCH, key=("BatchNumber",), verbs=_BATCH
    ),
    Resource(
        name="ARPostedDocuments",
        entity=schema.POSTED_DOCUMENT,
        key=("CustomerNumber", "DocumentNumber"),
    ),
    Resource(
        name="ARPostedReceipts",
        entity=money.POSTED_RECEIPT,
        key=(
            "BankCode",
            "CustomerNumber",
            "CheckReceiptNumber",
            "DepositSerialNumber",
            "DepositLineNumber",
            "ReceiptDate",
        ),
    ),
    Resource(
        name="GLPostedTransactions",
        entity=money.POSTED_TRANSACTION,
        key=("PostingSequenceNumber", "BatchNumber", "JournalEntryNumber", "DetailCount"),
    ),
    Resource(name="ARPostInvoices", entity=schema.POST_INVOICES, key=(), verbs=_SERVICE),
    Resource(
        name="ARPostReceiptsAndAdjustments", entity=money.POST_RECEIPTS, key=(), verbs=_SERVICE
    ),
    Resource(name="ARPostRefunds", entity=money.POST_REFUNDS, key=(), verbs=_SERVICE),
    Resource(name="GLPostJournal", entity=money.POST_JOURNALS, key=(), verbs=_SERVICE),
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
    "ARCustomerGroups": {"Status": "Active", "AccountSet": "AR"},
    "ARAccountSets": {"Status": "Active"},
    "ARDistributionCodes": {"Status": "Active", "Discountable": "Yes"},
    "ARPaymentCodes": {"Status": "Active", "PaymentType": "Cash"},
    "ARItems": {"Status": "Active", "Discountable": "Yes"},
    "BKBanks": {"Status": "Active"},
    "ARInvoiceBatches": {"BatchStatus": "Open", "BatchType": "Entered", "Invoices": []},
    "ARReceiptAndAdjustmentBatches": {
        "BatchRecordType": "CA",
        "BatchStatus": "Open",
        "BatchType": "Entered",
        "ReceiptsAdjustments": [],
    },
    "ARRefundBatches": {"BatchStatus": "Open", "BatchType": "Entered", "RefundEntries": []},
    "GLJournalBatches": {
        "Status": "Open",
        "JournalBatchType": "Entered",
        "SourceLedger": "GL",
        "ReadyToPost": "No",
        "JournalHeaders": [],
    },
    "ARPostInvoices": {"PostAllBatches": "Donotpostallbatches"},
    "ARPostReceiptsAndAdjustments": {"BatchType": "CA", "PostAllBatches": "Donotpostallbatches"},
    "ARPostRefunds": {"PostAllBatches": "Donotpostallbatches"},
    "GLPostJournal": {"PostAllBatches": "Donotpostallbatches", "ProvisionalPosting": "No"},
}

_ADDRESS = re.compile(r"([A-Za-z]+)(?:\((.*)\))?", re.DOTALL)
_PART = re.compile(
    r"\s*(?:([A-Za-z_][A-Za-z0-9_]*)\s*=\s*)?"
    r"('(?:[^']|'')*'|\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?|-?\d+)\s*(,|$)"
)


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
    if known.kind == "date" and not quoted:
        return _day_of_key(literal)
    if quoted is (known.kind == "integer") or (not quoted and "-" in literal[1:]):
        raise _bad_key()
    if not quoted:
        if len(literal) > 15:
            raise _bad_key()
        return int(literal)
    value = literal[1:-1].replace("''", "'")
    return value.upper() if known.code else value


def _day_of_key(literal: str) -> str:
    try:
        return shown_day(date.fromisoformat(literal[:10]))
    except ValueError as exc:
        raise _bad_key() from exc


def _bad_key() -> SageError:
    return SageError("InvalidEntityKey", "The specified entity key is not valid.")
