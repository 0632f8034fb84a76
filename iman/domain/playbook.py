"""A written remedy: what to decide, which steps follow, and how each proves itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Who(StrEnum):
    """Who takes a step; byondpro's own roles."""

    SUPPORT = "support"  # whoever looks after the monitor
    FINANCE = "finance"
    SALES = "sales"  # who made the document in byondpro
    BYONDPRO_ADMIN = "byondpro_admin"  # keeps byondpro's set-up tables
    IT = "it"
    CONSULTANT = "consultant"  # the vendor's, where a fix worries you


class Check(StrEnum):
    """What a step can be verified by. A check may have an argument: ``choice`` of the step."""

    TERM_IN_SAGE = "term_in_sage"  # exists and is active
    TERM_INACTIVE_IN_SAGE = "term_inactive_in_sage"
    TERM_INACTIVE_IN_BYONDPRO = "term_inactive_in_byondpro"
    TERM_INACTIVE_IN_BOTH = "term_inactive_in_both"
    ACCOUNT_IN_SAGE = "account_in_sage"  # exists, active, takes postings
    ACCOUNT_INACTIVE_IN_SAGE = "account_inactive_in_sage"
    CATEGORY_CORRECTED = "category_corrected"  # no category posts to it; it carries the right one
    CUSTOMER_IN_SAGE = "customer_in_sage"  # exists, active, not on hold
    SETUP_IN_SAGE = "setup_in_sage"  # tax group, customer group, payment code
    DOCUMENTS_SYNCED = "documents_synced"
    CREDIT_NOTES_SYNCED = "credit_notes_synced"
    REINVOICED = "reinvoiced"
    DOCUMENT_IN_SAGE = "document_in_sage"
    SAGE_WELL = "sage_well"


class Lock(StrEnum):
    """What must not be any more before a step may be taken."""

    CODE_IN_USE = "code_in_use"  # a document that is not in Sage 300 still carries the code


#: Pages a step may lead to; made from templates in the settings.
LINKS = frozenset(
    {
        "sage_terms", "sage_accounts", "sage_customers", "sage_batches",
        "byondpro_terms", "byondpro_categories", "byondpro_booking", "byondpro_document",
    }
)  # fmt: skip

#: What a text may mention in braces.
PLACEHOLDERS = frozenset(
    {"entity", "description", "thing", "documents", "company", "customer", "booking", "site"}
)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """One way through; chosen by a person, with a reason."""

    id: str
    title: str
    when: str  # how to tell that it is this one
    result: str = ""  # where it leads


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    id: str
    title: str
    help: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A question inside a branch. Without options the answer is a text, such as an account."""

    id: str
    question: str
    help: str = ""
    options: tuple[Option, ...] = ()
    branches: frozenset[str] = frozenset()  # empty: all


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing somebody does. Ticks refer to *id*, which stays the same for good."""

    id: str
    who: Who
    do: str
    where: str = ""
    link: str = ""
    why: str = ""
    out_of_order: str = ""  # what goes wrong when it is done too early or left out
    verify: Check | None = None
    argument: str = ""  # the choice whose answer the check is given
    branches: frozenset[str] = frozenset()  # empty: all
    only_if: Mapping[str, str] = field(default_factory=dict)  # choice to the option wanted
    after: tuple[str, ...] = ()
    locked_while: Lock | None = None
    optional: bool = False
    releases: bool = False  # once it is done the documents may be resynced
    follow_up: bool = False  # left for later; stays on the follow-up list until done


@dataclass(frozen=True, kw_only=True, slots=True)
class Playbook:
    """The remedy of one error type."""

    error_type: str
    version: int
    title: str
    summary: str = ""
    thing: str = ""  # what the entity is called in its texts
    question: str = ""  # which branch?
    branches: tuple[Branch, ...] = ()
    choices: tuple[Choice, ...] = ()
    steps: tuple[Step, ...] = ()

    def step(self, step_id: str) -> Step | None:
        return next((step for step in self.steps if step.id == step_id), None)

    def choice(self, choice_id: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.id == choice_id), None)

    def branch(self, branch_id: str) -> Branch | None:
        return next((branch for branch in self.branches if branch.id == branch_id), None)


def filled(text: str, values: Mapping[str, str]) -> str:
    """*text* with its placeholders replaced; an unknown or empty one becomes "it"."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], "") or "it", text)


def placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))
