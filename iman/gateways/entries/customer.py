"""A customer: a record of ``AR/ARCustomers`` under its number; no batch, no token, no posting."""

from __future__ import annotations

import httpx

from iman.domain.attempt import Exchange, Sighting
from iman.domain.document import Customer
from iman.domain.outcome import Accepted, Outcome, Unknown
from iman.gateways import exact_json
from iman.gateways.entries.mapping import cut, looked, same
from iman.gateways.sage_answers import Unreadable, body_of, refusal
from iman.gateways.sage_web import Record, SageWeb, key

RESOURCE = "AR/ARCustomers"


class CustomerMapping:
    """The number is the key, so a second customer cannot come of a second try."""

    async def push(
        self,
        sage: SageWeb,
        document: Customer,
        *,
        token: str,  # noqa: ARG002 -- its number is mark enough
        parent: str | None,  # noqa: ARG002 -- it has none
    ) -> Exchange:
        sent = exact_json.dumps(record_of(document))
        answer = await sage.send("POST", RESOURCE, sent)
        if not isinstance(answer, httpx.Response):
            return Exchange(answer, sent=sent)
        outcome = _stored(answer, document) if answer.is_success else refusal(answer)
        return Exchange(outcome, sent=sent, answered=sage.kept(answer))

    async def find(
        self,
        sage: SageWeb,
        document: Customer,
        *,
        token: str,  # noqa: ARG002 -- as above
        parent: str | None,  # noqa: ARG002 -- as above
    ) -> Sighting:
        """Under its number, with our name: another's customer is not ours to adopt."""
        return await looked(self._find(sage, document))

    async def _find(self, sage: SageWeb, document: Customer) -> Sighting:
        found = await sage.record(f"{RESOURCE}({key(document.key.number)})")
        if found is None:
            return Sighting(sure=True)
        if not same(found.get("CustomerName"), cut(document.customer_name)):
            return Sighting(
                sure=True,
                reason=f"Sage 300 has another customer under the number {document.key.number}.",
            )
        return Sighting(found=Accepted(reference=document.key.number, adopted=True), sure=True)

    async def post(
        self,
        sage: SageWeb,  # noqa: ARG002 -- the Protocol's
        document: Customer,  # noqa: ARG002 -- the Protocol's
        reference: str,
    ) -> Outcome:
        """A customer is there as soon as it is entered."""
        return Accepted(reference=reference)


def record_of(document: Customer) -> Record:
    """The group comes first: what it sets by default, the following fields may replace."""
    address = document.address
    found = {
        "CustomerNumber": document.key.number,
        "GroupCode": document.customer_group,
        "TaxGroup": document.tax_group,
        "Terms": document.terms_code,
        "ShortName": cut(document.customer_name, 10),
        "CustomerName": cut(document.customer_name),
        "AddressLine1": cut(address.line1),
        "AddressLine2": cut(address.line2),
        "City": cut(address.city, 30),
        "StateProvince": cut(address.state, 30),
        "ZipPostalCode": cut(address.postcode, 20),
        "Country": cut(address.country, 30),
        "PhoneNumber": cut(address.phone, 30),
        "Email": cut(address.email, 50),
    }
    return {name: value for name, value in found.items() if value}


def _stored(answer: httpx.Response, document: Customer) -> Outcome:
    """A success is believed only when it shows our customer stored."""
    try:
        found = body_of(answer)
    except Unreadable as exc:
        return Unknown(reason=f"Sage 300 answered with {exc}.", http_status=answer.status_code)
    if isinstance(found, dict) and same(found.get("CustomerNumber"), document.key.number):
        return Accepted(reference=document.key.number)
    return Unknown(
        reason="Sage 300's answer does not show the customer.", http_status=answer.status_code
    )


MAPPING = CustomerMapping()
