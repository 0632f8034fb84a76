from __future__ import annotations

import pytest

from iman.domain.people import PERMISSIONS, Permission, Person, Role

READS = {Permission.VIEW, Permission.EXPORT}
WORKS = {Permission.WORK_CHECKLIST, Permission.PARK}


@pytest.mark.parametrize("role", Role)
def test_everybody_reads_and_exports(role):
    assert PERMISSIONS[role] >= READS


def test_support_works_checklists_and_parks():
    assert PERMISSIONS[Role.SUPPORT] == READS | WORKS
    assert PERMISSIONS[Role.MANAGER] == READS


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT])
@pytest.mark.parametrize("permission", sorted(set(Permission) - READS - WORKS))
def test_only_an_admin_may_change_anything_else(role, permission):
    assert not Person(name="jo", role=role).may(permission)
    assert Person(name="ada", role=Role.ADMIN).may(permission)
