"""Entities of the Web API: which properties they have, of what kind and width.

A subset of the real ones: what pushes, their look-ups and the demo's pages need. Names, lists and
widths follow the application object model and Sage's sample payloads. Receipts, refunds and
journals have their own module, `sage_schema_money`.
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


def entity(name: str, module: str, **properties: Property) -> Entity:
    """An entity; each one, details too, has `UpdateOperation`."""
    return Entity(
        name=name,
        module=module,
        properties=properties | {"UpdateOperation": UPDATE_OPERATION},
    )


BATCH_STATUS = listed({1: "Open", 3: "Posted", 4: "Deleted", 5: "PostInProgress", 7: "ReadyToPost"})
DOCUMENT_TYPE = choice("Invoice", "DebitNote", "CreditNote", "Interest", start=1)
OPTIONAL_FIELD = entity("InvoiceOptionalField", "AR", OptionalField=code(12), Value=text(60))

PAYMENT_SCHEDULE = entity(
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
INVOICE_DETAIL = entity(
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
INVOICE = entity(
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
            13: "InvoiceRecurringCharge",
            14: "InvoiceSummaryIssued",
            15: "InvoiceItemEntered",
            21: "DebitNoteItemIssued",
            22: "DebitNoteSummaryEntered",
            24: "DebitNoteSummaryIssued",
            25: "DebitNoteItemEntered",
            31: "CreditNoteItemIssued",
            32: "CreditNoteSummaryEntered",
            34: "CreditNoteSummaryIssued",
            35: "CreditNoteItemEntered",
            40: "InterestCharge",
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
INVOICE_BATCH = entity(
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
POSTED_DOCUMENT = entity(
    "PostedDocument",
    "AR",
    CustomerNumber=code(12),
    DocumentNumber=code(22),
    DocumentType=listed(
        {
            1: "Invoice",
            2: "DebitNote",
            3: "CreditNote",
            4: "Interest",
            5: "UnappliedCash",
            10: "Prepayment",
            19: "Refund",
        }
    ),
    ApplytoDocument=code(22),
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
POST_INVOICES = entity(
    "PostInvoice",
    "AR",
    PostAllBatches=choice("Donotpostallbatches", "Postallbatches"),
    PostBatchFrom=WHOLE,
    PostBatchTo=WHOLE,
    ActionSelector=text(60),
)
CUSTOMER_OPTIONAL_FIELD = entity(
    "CustomerOptionalFieldValue",
    "AR",
    CustomerNumber=code(12),
    OptionalField=code(12),
    Value=text(60),
    CustomerOptionalFieldValueType=text(20),
)
CUSTOMER = entity(
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
    DateLastMaintained=DAY,
    AddressLine1=text(60),
    AddressLine2=text(60),
    AddressLine3=text(60),
    AddressLine4=text(60),
    City=text(30),
    StateProvince=text(30),
    ZipPostalCode=text(20),
    Country=text(30),
    ContactName=text(60),
    PhoneNumber=text(30),
    FaxNumber=text(30),
    Email=text(50),
    ContactsEmail=text(50),
    ContactsPhone=text(30),
    ContactsFax=text(30),
    WebSite=text(100),
    TerritoryCode=code(6),
    AccountSet=code(6),
    BillingCycle=code(6),
    InterestProfile=code(6),
    AutocashProfile=code(6),
    Terms=code(6),
    PaymentCode=code(12),
    CurrencyCode=code(3),
    RateType=code(2),
    AccountType=choice("OpenItem", "BalanceForward"),
    PrintStatements=YES_NO,
    AllowPartialShipments=YES_NO,
    AllowWebStoreShopping=YES_NO,
    DeliveryMethod=choice("Mail", "Email", "ContactsEmail"),
    TaxGroup=code(12),
    **{f"TaxClassCode{n}": WHOLE for n in range(1, 6)},
    **{f"TaxIncluded{n}": YES_NO for n in range(1, 6)},
    **{f"TaxRegistrationNumber{n}": text(20) for n in range(1, 6)},
    CreditLimitCustomerCurrency=MONEY,
    BalanceDueInCustomerCurrency=MONEY,
    CustomerOptionalFieldValues=details(CUSTOMER_OPTIONAL_FIELD),
)
TERMS_SCHEDULE = entity(
    "TermsPaymentSchedule",
    "AR",
    PaymentNumber=WHOLE,
    PercentDue=MONEY,
    DiscountPercent=MONEY,
    DiscountNumberOfDays=WHOLE,
    DueNumberOfDays=WHOLE,
    DueDayOfMonth=WHOLE,
)
TERMS = entity(
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
ACCOUNT = entity(
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
CUSTOMER_GROUP = entity(
    "CustomerGroup",
    "AR",
    GroupCode=code(6),
    Description=text(60),
    Status=STATUS,
    InactiveDate=DAY,
    DateLastMaintained=DAY,
    AccountSet=code(6),
    BillingCycle=code(6),
    InterestProfile=code(6),
    AccountType=choice("OpenItem", "BalanceForward"),
    PrintStatements=YES_NO,
    Terms=code(6),
    TaxGroup=code(12),
    TaxClassCode1=WHOLE,
    CurrencyCode=code(3),
)
ACCOUNT_SET = entity(
    "AccountSet",
    "AR",
    AccountSetKey=code(6),
    Description=text(60),
    Status=STATUS,
    InactiveDate=DAY,
    DateLastMaintained=DAY,
    ReceivablesControlAccount=code(45),
    PrepaymentLiabilityAccount=code(45),
    DiscountsAccount=code(45),
    WriteOffsAccount=code(45),
    CurrencyCode=code(3),
)
DISTRIBUTION_CODE = entity(
    "DistributionCode",
    "AR",
    DistributionCodeKey=code(6),
    Description=text(60),
    Status=STATUS,
    InactiveDate=DAY,
    DateLastMaintained=DAY,
    RevenueAccount=code(45),
    InventoryAccount=code(45),
    CostOfGoodsSoldAccount=code(45),
    Discountable=YES_NO,
)
PAYMENT_CODE = entity(
    "PaymentCode",
    "AR",
    PaymentCodeKey=code(12),
    Description=text(60),
    Status=STATUS,
    InactiveDate=DAY,
    DateLastMaintained=DAY,
    PaymentType=choice("Cash", "Check", "CreditCard", "Other", start=1),
)
ITEM = entity(
    "Item",
    "AR",
    ItemNumber=code(16),
    Description=text(60),
    Status=STATUS,
    InactiveDate=DAY,
    DateLastMaintained=DAY,
    DistributionCode=code(6),
    Discountable=YES_NO,
)
BANK = entity(
    "Bank",
    "BK",
    BankCode=code(8),
    Description=text(60),
    Status=STATUS,
    InactiveDate=DAY,
    BankAccountNumber=text(22),
    GLAccount=code(45),
    CurrencyCode=code(3),
)
SOURCE_CODE = entity(
    "SourceCode", "GL", SourceLedger=code(2), SourceType=code(2), Description=text(60)
)
TAX_GROUP = entity(
    "TaxGroup",
    "TX",
    TaxGroupKey=code(12),
    TransactionType=choice("Sales", "Purchases", start=1),
    Description=text(60),
    TaxAuthority1=code(12),
    Taxable1=YES_NO,
    LastMaintained=DAY,
)
FISCAL_CALENDAR = entity(
    "FiscalCalendar",
    "CS",
    FiscalYear=text(4),
    NumberOfFiscalPeriods=WHOLE,
    Status=STATUS,
    **{f"FiscalPeriod{n}{edge}Date": DAY for n in range(1, 13) for edge in ("Start", "End")},
)
SEVERITY = choice("Ignore", "Warning", "Error")
COMPANY_PROFILE = entity(
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
