"""Who may sign in. Admins only."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from iman.api.passwords import hash_password
from iman.api.routes.asking import ledger, needs, origin, people, reader
from iman.api.wire import NewUser, User
from iman.domain.people import Permission, Person
from iman.ledger.accounts import find_user, list_users, save_user
from iman.ledger.audit import AuditEvent, write_audit

router = APIRouter(tags=["users"])
Admin = Annotated[Person, Depends(needs(Permission.MANAGE_USERS))]


@router.get("/users")
def users(request: Request, _: Admin) -> list[User]:
    return [
        User(name=name, role=role, created_at=created)
        for name, role, created in list_users(reader(request))
    ]


@router.post("/users", status_code=201)
def add_user(request: Request, person: Admin, body: NewUser) -> User:
    """Add somebody, or give a known name a new role and password."""
    now, held = request.app.state.now(), ledger(request)
    hashed = hash_password(body.password)

    def work(conn: Any) -> User:
        save_user(conn, body.name, body.role, hashed, now=now)
        event = AuditEvent(
            who=person.name, role=person.role, action="save_user", target=body.name,
            allowed=True, reason=f"role {body.role}", origin=origin(request),
        )  # fmt: skip
        write_audit(conn, held.ids, event, now=now)
        saved = find_user(conn, body.name)
        assert saved is not None  # noqa: S101 -- written two lines above, in this transaction
        return User(name=saved.name, role=saved.role, created_at=saved.created_at)

    saved = held.write(work).result()
    people(request).changed()
    return saved
