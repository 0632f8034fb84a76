"""The JSON shapes of rules: listed, tried, previewed, saved."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from iman.api.wire import Wire
from iman.api.wire_checklists import Reason
from iman.ledger.rule_shelf import Shelved

Pattern = Annotated[str, StringConstraints(min_length=1, max_length=400, strip_whitespace=True)]
_WHO = "Null: as the error type says"


class RuleExample(Wire):
    text: str = Field(min_length=1, max_length=2000)
    entity: str | None = Field(default=None, max_length=200, description="Null: it names none")


class SiteRule(Wire):
    """A rule of the site's own."""

    id: str = Field(min_length=1, max_length=60)
    type: str = Field(max_length=60)
    patterns: list[Pattern] = Field(min_length=1, max_length=20)
    examples: list[RuleExample] = Field(min_length=1, max_length=20)
    entity_kind: str | None = Field(default=None, max_length=60)
    who_fixes: str | None = Field(default=None, max_length=60, description=_WHO)
    transient: bool | None = Field(default=None, description=_WHO)
    note: str = Field(default="", max_length=500)
    on: bool = True


class OtherExample(Wire):
    text: str
    entity: str | None
    type: str | None = Field(description="Null: the rule does not promise one")


class OtherRule(Wire):
    """A rule out of a file: built in, or of the folder the settings name."""

    id: str
    place: Literal["file", "built-in"]
    file: str
    kind: Literal["rule", "verb", "hint"] = Field(
        description="A verb's type depends on the thing it is said of; a hint is no text"
    )
    type: str | None
    case: str
    entity_kind: str | None
    who_fixes: str | None
    patterns: list[str]
    examples: list[OtherExample]


class Rereading(Wire):
    """How far history has been read by the rules in force."""

    rules: str = Field(description="Their fingerprint")
    state: Literal["waiting", "going_on", "done"]
    started_at: datetime | None = None
    finished_at: datetime | None = None
    looked_at: int = Field(default=0, description="Attempts, of up_to")
    up_to: int = 0
    attempts: int = Field(default=0, description="How many say something else now")
    documents: int = Field(default=0, description="Likewise, of open documents")


class RuleListing(Wire):
    """Every rule in the order it is asked: the site's own come first, the first match wins."""

    version: int = Field(description="Send it with a change")
    saved_by: str | None
    saved_at: datetime | None
    own: list[SiteRule]
    others: list[OtherRule]
    rereading: Rereading


class RuleEdit(Wire):
    version: int
    by: str
    at: datetime | None
    told: str = Field(description="What was changed")
    rules: list[SiteRule]


def rule_edit(one: Shelved) -> RuleEdit:
    return RuleEdit(
        version=one.id, by=one.by, at=one.at, told=one.told,
        rules=[SiteRule.model_validate(rule, from_attributes=True) for rule in one.rules],
    )  # fmt: skip


class TryMessage(Wire):
    message: str = Field(max_length=20_000)
    http_status: int | None = Field(default=None, ge=100, le=599)
    code: str | None = Field(default=None, max_length=60)


class Tried(Wire):
    """How a message is read, and why."""

    type: str
    entity_kind: str | None
    entity: str | None
    transient: bool
    who_fixes: str
    rule: str = Field(description="Empty: no rule knows the text")
    place: Literal["own", "file", "built-in", ""]
    pattern: str
    matched: str = Field(description="The words that decided")
    inner: str = Field(description="The message without what was wrapped around it")
    by_hint: bool = Field(description="Only the status or code told; the text said nothing")
    template: str = Field(description="What texts no rule knows are grouped by")
    suggestion: str = Field(description="A pattern to begin a rule of one's own with")


class DraftRules(Wire):
    rules: list[SiteRule] = Field(max_length=500)


class RuleFault(Wire):
    rule: str
    text: str


class RuleWarning(Wire):
    """A built-in rule's example that would be read otherwise."""

    rule: str
    text: str
    before: str
    after: str
    by: str


class ChangeSample(Wire):
    text: str
    entity_before: str | None
    entity: str | None


class RuleChange(Wire):
    """Refusals that would be read otherwise."""

    before: str
    after: str
    attempts: int
    texts: int
    entities: int = Field(description="Texts that would name another thing")
    samples: list[ChangeSample]


class RulesPreview(Wire):
    """What would change. With faults nothing else is told, and nothing can be saved."""

    faults: list[RuleFault]
    warnings: list[RuleWarning] = Field(default=[])
    changes: list[RuleChange] = Field(default=[])
    documents: int = Field(default=0, description="Open documents that would change cause")
    texts: int = Field(default=0, description="Distinct texts looked at")
    whole: bool = Field(default=True, description="Those are all; else the commonest")


class SaveRules(DraftRules):
    instead_of: int = Field(ge=0, description="The version that was seen")
    agreed: bool = Field(default=False, description="Built-in examples may be read otherwise")
    reason: str = Reason
