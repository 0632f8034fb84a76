"""Entities of the Web API: which properties they have, of what kind and width.

A subset of the real ones: what an invoice push, its look-ups and the demo's pages need.
Names, lists and widths follow the application object model and Sage's sample payloads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "decimal", "integer", "date", "boolean", "enum", "details"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Property:
    kind: Kind
    width: int = 0  # characters; 0: not limited here
    members: Mapping[str, str] = field(default_factory=dict)  # number as text -> name
    details: "Entity | None" = None
    code: bool = False  # stored in upper case, as masked codes are


@dataclass(frozen=True, kw_only=True, slots=True)
class Entity:
    """One resource or one kind of detail; *name* is the type as error texts print it."""

    name: str
    module: str
    properties: Mapping[str, Property]

    @property
    def type_name(self) -> str:
        return f"Sage.CA.SBS.ERP.Sage300.{self.module}.WebApi.Models.{self.name}"


def text(width: int) -> Property:
    return Property(kind="text", width=width)


def code(width: int) -> Property:
    return Property(kind="text", width=width, code=True)


def choice(*names: str, start: int = 0) -> Property:
    return Property(kind="enum", members={str(start + n): name for n, name in enumerate(names)})


def listed(members: Mapping[int, str]) -> Property:
    return Property(kind="enum", members={str(n): name for n, name in members.items()})


def details(entity: Entity) -> Property:
    return Property(kind="details", details=entity)


MONEY = Property(kind="decimal")
WHOLE = Property(kind="integer")
DAY = Property(kind="date")
FLAG = Property(kind="boolean")
YES_NO = choice("No", "Yes")
STATUS = choice("Inactive", "Active")
UPDATE_OPERATION = choice("Unspecified", "Insert", "Update", "Delete")


def _entity(name: str, module: str, **properties: Property) -> Entity:
    return Entity(
        name=name,
        module=module,
        properties=properties | {"UpdateOperation": UPDATE_OPERATION},
    )


BATCH_STATUS = listed({1: "Open", 3: "Posted", 4: "Deleted", 5: "PostInProgress", 7: "ReadyToPost"})
DOCUMENT_TYPE = choice("Invoice", "DebitNote", "CreditNote", start=1)
OPTIONAL_FIELD = _entity("InvoiceOptionalField", "AR", OptionalField=code(12), Value=text(60))

PAYMENT_SCHEDULE = _entity(
    "InvoicePaymentSchedule",
    "AR",
    BatchNumber=WHOLE,
    EntryNumber=WHOLE,
    PaymentNumber=WHOLE,
    DueDate=DAY,
    AmountDue=MONEY,
    DiscountDate=DAY,
    DiscountAmount=MONEY,
)
INVOICE_DETAIL = _entity(
    "InvoiceDetail",
    "AR",
    BatchNumber=WHOLE,
    EntryNumber=WHOLE,
    LineNumber=WHOLE,
    ItemNumber=text(16),
    DistributionCode=code(6),
    Description=text(60),
    UnitOfMeasure=text(10),
    Quantity=Property(kind="decimal"),
    Price=MONEY,
    Cost=MONEY,
    ExtendedAmountWithTIP=MONEY,
    ExtendedAmountWithoutTIP=MONEY,
    RevenueAccount=code(45),
    InventoryAccount=code(45),
    COGSAccount=code(45),
    TaxClass1=WHOLE,
    TaxIncluded1=YES_NO,
    TaxBase1=MONEY,
    TaxAmount1=MONEY,
    Comments=text(250),
    Discountable=YES_NO,
)
INVOICE = _entity(
    "Invoice",
    "AR",
    BatchNumber=WHOLE,
    EntryNumber=WHOLE,
    CustomerNumber=code(12),
    DocumentNumber=code(22),
    DocumentType=DOCUMENT_TYPE,
    TransactionType=listed(
        {
            11: "InvoiceItemIssued",
            12: "InvoiceSummaryEntered",
            14: "InvoiceSummaryIssued",
            15: "InvoiceItemEntered",
        }
    ),
    InvoiceType=choice("Item", "Summary", start=1),
    InvoiceDescription=text(60),
    SpecialInstructions=text(60),
    OrderNumber=text(22),
    PONumber=text(22),
    ApplytoDocument=code(22),
    OriginalDocumentNumber=code(22),
    ShipmentNumber=text(22),
    ShipToLocationCode=code(6),
    AccountSet=code(6),
    Terms=code(6),
    DocumentDate=DAY,
    AsOfDate=DAY,
    DueDate=DAY,
    DiscountDate=DAY,
    PostingDate=DAY,
    RateDate=DAY,
    FiscalYear=text(4),
    FiscalPeriod=WHOLE,
    CurrencyCode=code(3),
    RateType=code(2),
    ExchangeRate=Property(kind="decimal"),
    TaxGroup=code(12),
    TaxAuthority1=code(12),
    TaxClass1=WHOLE,
    TaxBase1=MONEY,
    TaxAmount1=MONEY,
    TaxTotal=MONEY,
    DoNotCalculationTax=YES_NO,
    Taxable=YES_NO,
    DocumentTotalBeforeTax=MONEY,
    DocumentTotalIncludingTax=MONEY,
    AmountDue=MONEY,
    NumberOfScheduledPayments=WHOLE,
    SourceApplication=code(2),
    DrillDownApplicationSource=code(2),
    DrillDownType=WHOLE,
    DrillDownLinkNumber=WHOLE,
    EnteredBy=text(8),
    ErrorBatch=WHOLE,
    ErrorEntry=WHOLE,
    InvoiceDetails=details(INVOICE_DETAIL),
    InvoicePaymentSchedules=details(PAYMENT_SCHEDULE),
    InvoiceOptionalFields=details(OPTIONAL_FIELD),
)
INVOICE_BATCH = _entity(
    "InvoiceBatch",
    "AR",
    BatchNumber=WHOLE,
    BatchDate=DAY,
    Description=text(60),
    NumberOfEntries=WHOLE,
    BatchTotal=MONEY,
    BatchType=choice(
        "Entered", "Imported", "Recurring", "Generated", "External", "Retainage", start=1
    ),
    BatchStatus=BATCH_STATUS,
    DefaultInvoiceType=choice("Item", "Summary", start=1),
    LastEntryNumber=WHOLE,
    PostingSequenceNumber=WHOLE,
    NumberOfErrors=WHOLE,
    DateLastEdited=DAY,
    BatchPrintedFlag=YES_NO,
    SourceApplication=code(2),
    ProcessCommand=choice(
        "UnlockBatchResource", "LockBatchResourceShared", "LockBatchResourceExclusive"
    ),
    Invoices=details(INVOICE),
)
POSTED_DOCUMENT = _entity(
    "PostedDocument",
    "AR",
    CustomerNumber=code(12),
    DocumentNumber=code(22),
    DocumentType=DOCUMENT_TYPE,
    OrderNumber=text(22),
    PONumber=text(22),
    DocumentDescription=text(60),
    DocumentDate=DAY,
    DueDate=DAY,
    PostingDate=DAY,
    Terms=code(6),
    CurrencyCode=code(3),
    BatchNumber=WHOLE,
    EntryNumber=WHOLE,
    BatchDate=DAY,
    PostingSequenceNumber=WHOLE,
    FullyPaid=YES_NO,
    NumberOfScheduledPayments=WHOLE,
    DocumentTotalIncludingTax=MONEY,
    CurrentBalance=MONEY,
    FiscalYear=text(4),
    FiscalPeriod=WHOLE,
)
POST_INVOICES = _entity(
    "PostInvoice",
    "AR",
    PostAllBatches=choice("Donotpostallbatches", "Postallbatches"),
    PostBatchFrom=WHOLE,
    PostBatchTo=WHOLE,
    ActionSelector=text(60),
)
CUSTOMER = _entity(
    "Customer",
    "AR",
    CustomerNumber=code(12),
    ShortName=text(10),
    CustomerName=text(60),
    GroupCode=code(6),
    NationalAccount=code(12),
    Status=STATUS,
    InactiveDate=DAY,
    OnHold=YES_NO,
    AddressLine1=text(60),
    City=text(30),
    StateProvince=text(30),
    ZipPostalCode=text(20),
    Country=text(30),
    PhoneNumber=text(30),
    Email=text(50),
    AccountSet=code(6),
    BillingCycle=code(6),
    Terms=code(6),
    CurrencyCode=code(3),
    AccountType=choice("OpenItem", "BalanceForward"),
    PrintStatements=YES_NO,
    TaxGroup=code(12),
    TaxClassCode1=WHOLE,
    TaxIncluded1=YES_NO,
    CreditLimitCustomerCurrency=MONEY,
    DateLastMaintained=DAY,
)
TERMS_SCHEDULE = _entity(
    "TermsPaymentSchedule",
    "AR",
    PaymentNumber=WHOLE,
    PercentDue=MONEY,
    DiscountPercent=MONEY,
    DiscountNumberOfDays=WHOLE,
    DueNumberOfDays=WHOLE,
    DueDayOfMonth=WHOLE,
)
TERMS = _entity(
    "Terms",
    "AR",
    TermsCode=code(6),
    Description=text(60),
    Status=STATUS,
    InactiveDate=DAY,
    DateLastMaintained=DAY,
    UsePaymentSchedule=YES_NO,
    DueDateType=choice(
        "DaysFromInvoiceDate",
        "EndOfNextMonth",
        "DayOfNextMonth",
        "DaysFromDayOfNextMonth",
        "DueDateTable",
        start=1,
    ),
    NumberOfDays=WHOLE,
    DayOfMonth=WHOLE,
    NumberOfPayments=WHOLE,
    TotalPercentDue=MONEY,
    TermsPaymentSchedules=details(TERMS_SCHEDULE),
)
ACCOUNT = _entity(
    "Account",
    "GL",
    UnformattedAccount=code(45),
    AccountNumber=text(45),
    Description=text(60),
    AccountType=choice("IncomeStatement", "BalanceSheet", "RetainedEarnings"),
    NormalBalanceDRCR=choice("Debit", "Credit", start=1),
    Status=STATUS,
    PostToAccount=choice("Detail", "Consolidated", "Prohibited"),
    ControlAccount=YES_NO,
    Multicurrency=YES_NO,
    StructureCode=code(6),
    AccountGroupCode=code(12),
)
CUSTOMER_GROUP = _entity(
    "CustomerGroup",
    "AR",
    GroupCode=code(6),
    Description=text(60),
    Status=STATUS,
    AccountSet=code(6),
    BillingCycle=code(6),
    Terms=code(6),
    TaxGroup=code(12),
)
ACCOUNT_SET = _entity(
    "AccountSet",
    "AR",
    AccountSetKey=code(6),
    Description=text(60),
    Status=STATUS,
    ReceivablesControlAccount=code(45),
    CurrencyCode=code(3),
)
TAX_GROUP = _entity(
    "TaxGroup",
    "TX",
    TaxGroupKey=code(12),
    TransactionType=choice("Sales", "Purchases", start=1),
    Description=text(60),
    TaxAuthority1=code(12),
    Taxable1=YES_NO,
    LastMaintained=DAY,
)
FISCAL_CALENDAR = _entity(
    "FiscalCalendar",
    "CS",
    FiscalYear=text(4),
    NumberOfFiscalPeriods=WHOLE,
    Status=STATUS,
    **{f"FiscalPeriod{n}{edge}Date": DAY for n in range(1, 13) for edge in ("Start", "End")},
)
SEVERITY = choice("Ignore", "Warning", "Error")
COMPANY_PROFILE = _entity(
    "CompanyProfile",
    "CS",
    DatabaseID=code(6),
    CompanyName=text(60),
    FunctionalCurrency=code(3),
    NumberOfFiscalPeriods=WHOLE,
    NonexistentGLAccount=SEVERITY,
    InactiveGLAccount=SEVERITY,
    LockedFiscalPeriod=SEVERITY,
)
