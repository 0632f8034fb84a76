"""Filling a new Sage 300 company: what byondpro's seed needs, less what the scenarios lack."""

import calendar
from datetime import date
from decimal import Decimal

from iman.sandbox import seed
from iman.sandbox.sage_payload import Record, shown_day
from iman.sandbox.sage_store import SageStore

_FIRST_YEAR = 2020  # when the company started to use the ledger


def fill(store: SageStore, *, company: str, today: date) -> bool:
    """Write the set-up once; False for a filled store, which is left alone."""
    if store.setting("company") is not None:
        return False
    with store.db.transaction():
        _fill_codes(store, today)
        for term in seed.TERMS:
            if term.in_sage:
                store.save_record("ARTerms", term.code, terms_record(term, today))
        for account in seed.sage_accounts():
            store.save_record("GLAccounts", account.number, account_record(account))
        for customer in seed.CUSTOMERS:
            store.save_record("ARCustomers", customer.number, _customer(customer, today))
        for code, description in seed.CUSTOMER_GROUPS:
            store.save_record("ARCustomerGroups", code, _group(code, description))
        store.save_record("ARAccountSets", "AR", _ACCOUNT_SET)
        store.save_record("TXTaxGroups", f"{seed.TAX_GROUP}|Sales", _TAX_GROUP)
        for year in range(min(_FIRST_YEAR, today.year - 1), today.year + 2):
            store.save_record("CSFiscalCalendars", str(year), _fiscal_year(year))
        store.save_record("CSCompanyProfile", "1", _profile(company))
        store.set_setting("company", company)
    return True


def _fill_codes(store: SageStore, today: date) -> None:
    common: Record = {"Status": "Active", "DateLastMaintained": shown_day(today)}
    for code, description in seed.RECEIPT_TYPES:
        body = {"PaymentCodeKey": code, "Description": description}
        body["PaymentType"] = {"CASH": "Cash", "CHEQUE": "Check"}.get(code, "Other")
        store.save_record("ARPaymentCodes", code, common | body)
    for code, description, account in seed.BANKS:
        body = {"BankCode": code, "Description": description, "GLAccount": account}
        body |= {"CurrencyCode": seed.CURRENCY, "Status": "Active"}
        store.save_record("BKBanks", code, body)
    for category in seed.CATEGORIES:
        code = f"C{category.code}"
        body = {"DistributionCodeKey": code, "Description": category.description}
        body |= {"RevenueAccount": category.accounts["revenue"], "Discountable": "Yes"}
        store.save_record("ARDistributionCodes", code, common | body)
    for item in seed.ITEMS:
        body = {"ItemNumber": item.code, "Description": item.description}
        body |= {"DistributionCode": f"C{item.category}", "Discountable": "Yes"}
        store.save_record("ARItems", item.code, common | body)
    for source, description in (("JE", "Journal entries"), ("RV", "Reversals")):
        body = {"SourceLedger": "GL", "SourceType": source, "Description": description}
        store.save_record("GLSourceCodes", f"GL|{source}", body)


def terms_record(term: seed.Term, today: date) -> Record:
    """A/R terms code as Sage stores it; the last instalment takes what the percents leave."""
    plan = term.payments > 1
    percent = (Decimal(100) / term.payments).quantize(Decimal("0.01"), rounding="ROUND_DOWN")
    last = 100 - percent * (term.payments - 1)
    return {
        "TermsCode": term.code,
        "Description": term.description,
        "Status": "Active" if term.active_in_sage else "Inactive",
        "InactiveDate": None if term.active_in_sage else shown_day(today),
        "DateLastMaintained": shown_day(today),
        "UsePaymentSchedule": "Yes" if plan else "No",
        "DueDateType": term.due_type,
        "NumberOfDays": term.due_number if term.due_type == "DaysFromInvoiceDate" else 0,
        "DayOfMonth": term.due_number if term.due_type == "DayOfNextMonth" else 0,
        "NumberOfPayments": term.payments,
        "TotalPercentDue": Decimal(100),
        "TermsPaymentSchedules": [
            {"PaymentNumber": n, "PercentDue": last if n == term.payments else percent}
            for n in range(1, term.payments + 1)
        ],
    }


def account_record(account: seed.Account) -> Record:
    """G/L account, active and open to posting."""
    return {
        "UnformattedAccount": account.number,
        "AccountNumber": account.number,
        "Description": account.description,
        "AccountType": account.kind,
        "NormalBalanceDRCR": "Credit",
        "Status": "Active",
        "PostToAccount": "Detail",
        "ControlAccount": "No",
        "Multicurrency": "No",
        "StructureCode": "BASE",
        "AccountGroupCode": "REV" if account.kind == "IncomeStatement" else "BAL",
    }


def _customer(customer: seed.Customer, today: date) -> Record:
    return {
        "CustomerNumber": customer.number,
        "ShortName": customer.name[:10],
        "CustomerName": customer.name,
        "GroupCode": customer.group,
        "Status": "Active",
        "InactiveDate": None,
        "OnHold": "No",
        "AccountSet": "AR",
        "Terms": customer.terms,
        "CurrencyCode": seed.CURRENCY,
        "AccountType": "OpenItem",
        "PrintStatements": "Yes",
        "TaxGroup": seed.TAX_GROUP,
        "TaxClassCode1": 1,
        "TaxIncluded1": "Yes",
        "DateLastMaintained": shown_day(today),
    }


def _group(code: str, description: str) -> Record:
    return {
        "GroupCode": code,
        "Description": description,
        "Status": "Active",
        "AccountSet": "AR",
        "Terms": "IMM",
        "TaxGroup": seed.TAX_GROUP,
    }


_ACCOUNT_SET: Record = {
    "AccountSetKey": "AR",
    "Description": "Trade debtors",
    "Status": "Active",
    "ReceivablesControlAccount": "1100",
    "CurrencyCode": seed.CURRENCY,
}
_TAX_GROUP: Record = {
    "TaxGroupKey": seed.TAX_GROUP,
    "TransactionType": "Sales",
    "Description": "Australian Taxation Office",
    "TaxAuthority1": "AUS-GST",
    "Taxable1": "Yes",
}


def _fiscal_year(year: int) -> Record:
    periods: Record = {}
    for month in range(1, 13):
        last = calendar.monthrange(year, month)[1]
        periods[f"FiscalPeriod{month}StartDate"] = shown_day(date(year, month, 1))
        periods[f"FiscalPeriod{month}EndDate"] = shown_day(date(year, month, last))
    return {"FiscalYear": str(year), "NumberOfFiscalPeriods": 12, "Status": "Active"} | periods


def _profile(company: str) -> Record:
    return {
        "DatabaseID": company,
        "CompanyName": seed.TERRITORY,
        "FunctionalCurrency": seed.CURRENCY,
        "NumberOfFiscalPeriods": 12,
        "NonexistentGLAccount": "Error",
        "InactiveGLAccount": "Error",
        "LockedFiscalPeriod": "Error",
    }
