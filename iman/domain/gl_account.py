"""The G/L account a line posts to: the category's, with the site's segment written over it."""

from __future__ import annotations


def posted_account(category_account: str, *, segment: str, rule: str) -> str:
    """*rule* is byondpro's ProductGLCodeSiteSegment: ``N``, or ``E``/``S`` and how many digits.

    ``posted_account("6000", segment="30", rule="E2") == "6030"``. Raises ``ValueError`` where the
    site's segment has not that many digits, or the account is shorter.
    """
    if rule == "N":
        return category_account
    digits = int(rule[1:])
    if len(segment) != digits:
        raise ValueError(
            f"the site's G/L segment {segment!r} is not {digits} long, as rule {rule} wants"
        )
    if len(category_account) < digits:
        raise ValueError(f"the account {category_account!r} is shorter than the site's segment")
    if rule.startswith("E"):
        return category_account[: len(category_account) - digits] + segment
    return segment + category_account[digits:]
