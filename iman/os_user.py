"""Who, to the operating system, runs this process."""

from __future__ import annotations

import getpass
import sys


def os_user() -> str:
    """The user's name; empty where the operating system does not know it.

    Not ``getpass`` where there is better: it believes what the environment says first.
    """
    try:
        if sys.platform == "win32":
            return getpass.getuser()
        import os
        import pwd

        return pwd.getpwuid(os.geteuid()).pw_name
    except (ImportError, KeyError, OSError):
        return ""
