"""Money and calendar rules both sandboxes follow. Amounts are `Decimal`, never float."""

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """Round half up to the cent, as an invoice prints it."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def tax_within(gross: Decimal, percent: Decimal) -> Decimal:
    """The tax already inside *gross*: $260.00 at 10 % holds $23.64."""
    return cents(gross * percent / (100 + percent))


def tax_on(net: Decimal, percent: Decimal) -> Decimal:
    """The tax that comes on top of *net*: $260.00 at 10 % becomes $286.00."""
    return cents(net * percent / 100)


def posted_account(stored: str, segment: str, rule: str) -> str:
    """The account a category posts to at a site.

    *rule* is byondpro's ProductGLCodeSiteSegment: `N` leaves the account alone, `E2` writes the
    segment over its last two characters, `S2` over its first two.
    """
    if rule == "N" or not segment:
        return stored
    width = int(rule[1:])
    return stored[:-width] + segment if rule[0] == "E" else segment + stored[width:]


def months_later(day: date, months: int, day_of_month: int) -> date:
    """The *day_of_month*, *months* after the month of *day*; the last day where it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day_of_month, last))


def due_date(kind: str, start: date, number: int) -> date:
    """When instalment *number* (0 for the first) of a terms code is due.

    *kind* is a due date type in Sage's spelling; *number* is days for `DaysFromInvoiceDate` and
    the day of the month for `DayOfNextMonth`.
    """
    if kind == "EndOfNextMonth":
        return months_later(start, 1, 31)
    if kind == "DayOfNextMonth":
        return months_later(start, 1, max(number, 1))
    return start + timedelta(days=number)


def share_out(total: Decimal, percents: Sequence[Decimal]) -> list[Decimal]:
    """Split *total* by *percents*; the last share takes what rounding left, so the sum is exact."""
    shares = [cents(total * percent / 100) for percent in percents[:-1]]
    return [*shares, total - sum(shares, Decimal(0))]
