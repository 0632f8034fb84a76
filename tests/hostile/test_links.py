"""What a document says never decides where a link leads; the threat model's tests are there."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from iman.ledger.read_model import Facts
from tests.hostile.strings import EVERY

ROOT = Path(__file__).parents[2]
TEMPLATE = "https://byondpro.example/base/bookings/{booking}?from={booking}"


def test_a_link_leads_only_to_what_was_configured():
    facts = Facts(values={"link_booking": TEMPLATE, "link_none": ""})
    for one in EVERY:
        whole = one.encode("utf-8", "replace").decode()
        address = facts.link("booking", booking=whole)
        if not whole:
            assert address is None
            continue
        assert address is not None
        read = urlsplit(address)
        assert (read.scheme, read.netloc, read.fragment) == ("https", "byondpro.example", "")
        assert read.path.startswith("/base/bookings/")
        assert read.path.count("/") == 3
        assert unquote(read.path.removeprefix("/base/bookings/")) == whole
        assert facts.link("none", booking=whole) is None


def test_every_test_that_the_threat_model_names_is_there():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "threat-model.md").read_text("utf-8")))
    assert len(named) > 25
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert named <= defined, named - defined
