"""Every sentence about single sign-on."""

from __future__ import annotations

ACCOUNT = "Single sign-on"
OR_PASSWORD = "or with a name and a password"  # noqa: S105 -- a label
WITH_PASSWORD = "Sign in with a password"  # noqa: S105 -- a label
AGAIN = "Sign in again"
OUT_THERE_TOO = "Sign out here and there"
AWAY = "away"
CANCELLED = "cancelled"
FAILED = "failed"


def sign_in_with(name: str) -> str:
    return f"Sign in with {name}"


def problem(what: str, name: str) -> str:
    """What to say of a sign-in that did not come to its end; '' for what nobody said."""
    told = {
        AWAY: f"{name} does not answer just now. Try again in a minute, or sign in with a "
        "password if you have one.",
        CANCELLED: f"The sign-in at {name} was cancelled.",
        FAILED: f"The sign-in at {name} did not come to its end. Please try again; if it stays "
        "so, an admin finds the reason in the dashboard’s log, and iman doctor checks the set-up.",
    }
    return told.get(what, "")


def few_have_one(name: str) -> str:
    return f"Wrong name or password; or that name signs in with {name}."


def groups_say(name: str) -> str:
    return (
        f"{name} tells Iman your groups, and they give your role and limits. They are read anew "
        "whenever you sign in: when they were changed, sign in again."
    )


def leaving(name: str) -> str:
    return f"You are signed out of Iman. {name} is told as well."


def leave_for(name: str) -> str:
    return f"Sign out of {name} too"


NEEDS_SECRET = "IMAN_OIDC_CLIENT_SECRET is missing: Iman's secret at the provider."  # noqa: S105 -- a sentence
NEEDS_PACKAGE = "Single sign-on needs one more package: pip install 'iman[sso]'."


def unknown_host(host: str) -> str:
    return (
        f"IMAN_OIDC_REDIRECT leads back to {host}, and nobody may call the dashboard so: add it to "
        "IMAN_DASHBOARD_ALLOWED_HOSTS."
    )
