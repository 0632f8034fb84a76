from __future__ import annotations

import pytest

from iman.domain.people import PERMISSIONS, Permission, Person, Role

READS = {Permission.VIEW, Permission.EXPORT}


@pytest.mark.parametrize("role", Role)
def test_everybody_reads_and_exports(role):
    assert PERMISSIONS[role] >= READS


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT])
@pytest.mark.parametrize("permission", sorted(set(Permission) - READS))
def test_only_an_admin_may_change_anything(role, permission):
    assert not Person(name="jo", role=role).may(permission)
    assert Person(name="ada", role=Role.ADMIN).may(permission)
