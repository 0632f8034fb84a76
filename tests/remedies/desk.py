"""Somebody at work on remedies, on the real systems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from iman.api.client import DaemonClient
from iman.api.remedies_client import RemediesClient
from tests.system import HTTP, Bench, wait_for

QUICK = {
    "IMAN_RETRY_WAIT_MIN": "0.2",
    "IMAN_RETRY_WAIT_MAX": "0.3",
    "IMAN_INTAKE_EVERY": "0.3",
    "IMAN_MAX_ATTEMPTS": "2",
    "IMAN_VERIFY_EVERY": "0.5",
    "IMAN_RELEASE_GRACE": "0.5",
    "IMAN_WRITE_BACK_EVERY": "0.3",
}


class Desk:
    """Somebody at work on the remedies."""

    def __init__(self, here: Bench, name: str = "admin") -> None:
        self.http = httpx.Client(base_url=here.api_url, trust_env=False, timeout=60)
        self.daemon = DaemonClient(self.http)
        self.daemon = self.daemon.as_person(self.daemon.sign_in(name, f"{name}-demo").token)
        self.remedies = RemediesClient(self.daemon)

    def audit(self) -> list[dict[str, Any]]:
        return self.daemon.table("/audit").to_pylist()


@contextmanager
def desk(here: Bench, name: str = "admin") -> Iterator[Desk]:
    made = Desk(here, name)
    try:
        yield made
    finally:
        made.http.close()


def failed_cause(ours: Desk, documents: int, error_type: str = "gl_account_missing"):
    def found():
        causes = [one for one in ours.remedies.causes() if one.error_type == error_type]
        return causes if causes and causes[0].failed == documents else None

    (cause,) = wait_for(found, seconds=180)
    return cause


def sell(here: Bench, customer: str, *, item: str = "M-6000", term: str = "IMM") -> None:
    answer = HTTP.post(
        here.byondpro_url + "/new-sale",
        data={"site": "HGH", "customer": customer, "term": term, "item": item, "invoice": "1"},
        headers={"origin": here.byondpro_url}, timeout=30,
    )  # fmt: skip
    assert answer.status_code in {200, 303}, answer.text


def press(here: Bench, path: str, **form: str) -> None:
    """A button on one of byondpro's pages."""
    answer = HTTP.post(
        here.byondpro_url + path, data=form, headers={"origin": here.byondpro_url},
        timeout=30,
    )  # fmt: skip
    assert answer.status_code in {200, 303}, answer.text


def set_in_sage(here: Bench, table: str, key: str, **values: str) -> None:
    here.sage(
        "PATCH", f"/Sage300WebApi/v1.0/-/SERDAT/{table}('{key}')", json=values
    ).raise_for_status()


def add_term(here: Bench, code: str) -> None:
    here.sage(
        "POST", "/Sage300WebApi/v1.0/-/SERDAT/AR/ARTerms",
        json={"TermsCode": code, "Description": "Added by a test", "Status": "Active"},
    ).raise_for_status()  # fmt: skip
