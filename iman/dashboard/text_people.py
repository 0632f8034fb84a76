"""Every sentence about people, their accounts and service tokens."""

from __future__ import annotations

from datetime import datetime

from iman.domain.people import SERVICE, Permission, Reach, Role

ACCOUNT = "Your account"
ROLES: dict[str, str] = {
    Role.MANAGER: "Manager",
    Role.SUPPORT: "Support",
    Role.ADMIN: "Admin",
    SERVICE: "Service token",
}
MAY: dict[Permission, str] = {
    Permission.VIEW: "read everything",
    Permission.EXPORT: "export",
    Permission.RESYNC: "resync a document",
    Permission.PAUSE: "pause and resume pushing",
    Permission.WORK_CHECKLIST: "work on checklists",
    Permission.PARK: "park documents",
    Permission.RESYNC_MANY: "resync many documents",
    Permission.SETTLE: "close documents by hand",
    Permission.BACK_UP: "back the ledger up",
    Permission.PRUNE: "move out and delete what is past its age",
    Permission.WATCH: "read the figures for Prometheus",
    Permission.EDIT_PLAYBOOKS: "change playbooks",
    Permission.EDIT_RULES: "change rules",
    Permission.EDIT_SHARED_VIEWS: "change views that others share",
    Permission.VIEW_AUDIT: "read the audit trail",
    Permission.VIEW_SETTINGS: "read the settings",
    Permission.WORK_SANDBOX: "switch the sandbox’s faults",
    Permission.MANAGE_USERS: "manage people and tokens",
}
EVERYTHING = "All companies and sites"
SEES = "Sees"
MAY_DO = "May"
STANDING = "Standing"
SIGNED_IN = "Last signed in"
NEVER = "never"
ONE_TIME = "One-time password"
INACTIVE = "May not sign in"
ACTIVE = "Active"
COMPANIES = "Companies"
SITES = "Sites"
ALL = "All"
LIMIT_HELP = (
    "None chosen: all of them. Whoever is limited sees only the documents, figures and causes of "
    "these, and does nothing that reaches beyond: pauses, rules, playbooks, audit, people."
)

CHANGE = "Change a person"
CHANGE_WHO = "Person"
CHANGE_ACTIVE = "May sign in"
CHANGE_SAVE = "Save"
SINGLE_SIGN_ON = "Signs in through single sign-on"
SINGLE_SIGN_ON_HELP = (
    "On: the provider’s person of this name takes the account over when they sign in next; its "
    "password is gone, and their groups give role and limits. Off: a password is needed again."
)
THROUGH_PROVIDER = "single sign-on"
NO_PASSWORD = "Signs in through single sign-on, without a password of Iman’s."  # noqa: S105 -- a sentence
CHANGED = "Saved."
RESET = "One-time password"
RESET_HELP = "Ends their sessions. With this password they choose their own."
SIGN_OUT_EVERYWHERE = "Sign out everywhere"
SIGNED_OUT = "Signed out everywhere."

TOKENS = "Service tokens"
TOKENS_HINT = (
    "For scripts and monitoring. Each is shown once; the audit trail names it for what it does."
)
NO_TOKENS = "No token has been made."
TOKEN_NAME = "What uses it"  # noqa: S105 -- a label
TOKEN_MAY = "It may"  # noqa: S105 -- a label
TOKEN_DAYS = "Good for days"  # noqa: S105 -- a label
TOKEN_MAKE = "Make a token"  # noqa: S105 -- a label
NOT_VALID = (
    "A name has letters, digits and . _ @ - only; a token may at least one thing, and one that is "
    "limited to companies or sites nothing that reaches beyond them."
)
TOKEN_ONCE = "Copy it now: it is not shown again."  # noqa: S105 -- a sentence
TOKEN_REVOKE = "Revoke"  # noqa: S105 -- a label
TOKEN_REVOKED = "Revoked."  # noqa: S105 -- a word
TOKEN_WHICH = "Token in force"  # noqa: S105 -- a label
GOOD_UNTIL = "Good until"
MADE_BY = "Made by"

PASSWORD_CHANGE = "Change your password"  # noqa: S105 -- a label
PASSWORD_HAVE = "The one you have"  # noqa: S105 -- a label
PASSWORD_NEW = "The new one (8 characters or more)"  # noqa: S105 -- a label
PASSWORD_AGAIN = "The new one again"  # noqa: S105 -- a label
PASSWORD_SET = "Your password is changed. Your other sessions have ended."  # noqa: S105 -- a sentence
PASSWORDS_DIFFER = "The new passwords are not the same."
PASSWORD_SHORT = "A password has at least 8 characters."  # noqa: S105 -- a sentence
PASSWORD_WRONG = "The password you have is another one."  # noqa: S105 -- a sentence
MUST_CHANGE = "Choose your own password"
MUST_CHANGE_WHY = "An admin gave you a password for one use. Choose your own to go on."
SESSIONS = "Your sessions"
SESSIONS_WHY = "Ends every session of yours, on every machine, this one too."
LIMITED = "You see"
GUESSED = "Wrong passwords were tried for your name. See “Your account”."


def sees(reach: Reach) -> str:
    told = [
        f"{what} {', '.join(codes)}"
        for what, codes in (("Company", reach.companies), ("Site", reach.sites))
        if codes
    ]
    return " · ".join(told) or EVERYTHING


def one_time(name: str, password: str) -> str:
    return f"{name} signs in once with {password}"


def wrong_passwords(count: int, since: str) -> str:
    return f"{count} wrong password{'' if count == 1 else 's'}, the last {since}"


def session_ends(moment: str) -> str:
    return f"This session ends {moment}."


def revoked(at: datetime | None, expires: datetime, now: datetime) -> tuple[str, str]:
    """Tone and word of a token."""
    if at is not None:
        return "parked", "Revoked"
    return ("parked", "Expired") if expires <= now else ("synced", "In force")


ONLY_WHO_PARKS = "Only support and administrators may park a document."
ONLY_WHO_SETTLES = "Only an administrator may close a document by hand."
