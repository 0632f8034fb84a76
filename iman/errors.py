"""Everything iman raises on purpose.

ImanError
├── SourceUnavailable     byondpro cannot be read now
├── SetupsUnavailable     Sage 300's set-up tables cannot be read now
├── LedgerError           the ledger cannot do what was asked
│   ├── LedgerLocked      another process holds the file: "stop the other sync_daemon first"
│   └── LedgerTooNew      the file was written by a newer iman: "upgrade this one"
├── DaemonUnavailable     the control API does not answer
├── DaemonRefused         the control API answered that the request is wrong
├── NotSignedIn           no session, or one that has ended
├── NotAllowed            this person may not do this; audited
├── NotFound              there is no such document, user or page
├── TooManySignIns        wait before the next try
└── SettingsError         a setting is missing or wrong; names it, its value and what is allowed
"""

from __future__ import annotations


class ImanError(Exception):
    """The base of all of them; its text is meant for a person."""


class SourceUnavailable(ImanError):
    """byondpro cannot be read now; reading again later is harmless."""


class SetupsUnavailable(ImanError):
    """Sage 300's set-up tables cannot be read now; the text says why.

    *log_in*: it refused who we are. *whole*: no other table can be read either.
    """

    def __init__(self, text: str, *, log_in: bool = False, whole: bool = False) -> None:
        super().__init__(text)
        self.log_in = log_in
        self.whole = whole or log_in


class LedgerError(ImanError):
    """The ledger cannot do what was asked."""


class LedgerLocked(LedgerError):
    """Another process holds the ledger."""


class LedgerTooNew(LedgerError):
    """The ledger's schema is newer than this code."""


class DaemonUnavailable(ImanError):
    """The control API does not answer."""


class DaemonRefused(ImanError):
    """The control API answered that the request is wrong."""


class NotSignedIn(ImanError):
    """There is no session, or it has ended."""


class NotAllowed(ImanError):
    """This person may not do this."""


class NotFound(ImanError):
    """There is no such thing."""


class TooManySignIns(ImanError):
    """Too many wrong passwords lately; the text says how long to wait."""


class SettingsError(ImanError):
    """A setting is missing or wrong."""
