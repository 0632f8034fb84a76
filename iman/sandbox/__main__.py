"""`python -m iman.sandbox byondpro|sage300 --port N --data DIR`: start one sandbox."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from iman.sandbox import byondpro, sage300
from iman.sandbox.scenarios import SCENARIOS
from iman.sandbox.seed import SAGE_COMPANY
from iman.sandbox.serve import serve


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m iman.sandbox", description=__doc__)
    systems = parser.add_subparsers(dest="system", required=True)
    feed = systems.add_parser("byondpro", help="the feed and the pages of byondpro")
    feed.add_argument("--token", help="bearer token; better IMAN_SANDBOX_TOKEN")
    feed.add_argument("--sage-url", help="address of the Sage 300 sandbox, for a link")
    erp = systems.add_parser("sage300", help="the Web API and the pages of Sage 300")
    erp.add_argument("--company", default=SAGE_COMPANY)
    erp.add_argument("--user", default="WEBAPI")
    erp.add_argument("--password", help="password; better IMAN_SANDBOX_PASSWORD")
    for system, port in ((feed, 8701), (erp, 8702)):
        system.add_argument("--port", type=int, default=port, help="0 takes a free one")
        system.add_argument("--data", type=Path, default=Path("data"), help="folder of the file")
        system.add_argument("--seed", type=int, default=1)
        system.add_argument("--scenario", choices=sorted(SCENARIOS), default="reference")
    return parser


def _secret(given: str | None, name: str) -> str:
    # other users of the machine can read arguments, not the environment
    secret = given or os.environ.get(name, "")
    if not secret:
        print(f"sandbox: set {name}", file=sys.stderr)  # noqa: T201 -- this is an entry point
        raise SystemExit(2)
    return secret


def main(arguments: Sequence[str] | None = None) -> int:
    """Start what *arguments* name; the exit status."""
    chosen = _parser().parse_args(arguments)
    if chosen.system == "byondpro":
        app = byondpro.create_app(
            chosen.data / "byondpro.sqlite",
            token=_secret(chosen.token, "IMAN_SANDBOX_TOKEN"),
            seed=chosen.seed,
            scenario=chosen.scenario,
            sage_url=chosen.sage_url,
        )
    else:
        app = sage300.create_app(
            chosen.data / "sage300.sqlite",
            company=chosen.company,
            user=chosen.user,
            password=_secret(chosen.password, "IMAN_SANDBOX_PASSWORD"),
            seed=chosen.seed,
            scenario=chosen.scenario,
        )
    return serve(app, port=chosen.port, name=chosen.system)


if __name__ == "__main__":
    sys.exit(main())
