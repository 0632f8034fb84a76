"""What a person's groups give never exceeds what the site's list says of one of them."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from iman.domain.people import EVERYWHERE, Reach, Role
from iman.domain.single_sign_on import GroupRole, standing

COMPANIES, SITES = ("A", "B", "C"), ("X", "Y", "Z")
GROUPS = ("one", "two", "three", "four")


def several(codes: tuple[str, ...]):
    return st.lists(st.sampled_from(codes), max_size=3).map(tuple)


LINES = st.lists(
    st.builds(
        GroupRole,
        group=st.sampled_from(GROUPS),
        role=st.sampled_from(Role),
        reach=st.builds(Reach, companies=several(COMPANIES), sites=several(SITES)),
    ),
    max_size=6,
)


def seen(reach: Reach) -> set[tuple[str, str]]:
    """Documents as they may be; '' has no site, '-' is of a company or site nobody names."""
    everything = product((*COMPANIES, "-"), (*SITES, "-", ""))
    return {
        (company, site)
        for company, site in everything
        if (not reach.companies or company in reach.companies)
        and (not reach.sites or site in reach.sites)
    }


@given(lines=LINES, groups=st.sets(st.sampled_from((*GROUPS, "unknown"))))
def test_no_more_is_given_than_a_line_of_the_list_says(lines, groups):
    fitting = [line for line in lines if line.group in groups]
    given_ = standing(groups, lines)
    if not fitting:
        assert given_ is None
        return
    assert given_ is not None
    assert given_.role is fitting[0].role
    same = [line for line in fitting if line.role is given_.role]
    allowed = set().union(*(seen(line.reach) for line in same))
    assert seen(fitting[0].reach) <= seen(given_.reach) <= allowed
    assert set(given_.groups) <= set(groups)


def test_the_first_line_says_the_role_and_others_of_that_role_widen_the_reach():
    lines = [
        GroupRole(group="clerks HGH", role=Role.SUPPORT, reach=Reach(sites=("HGH",))),
        GroupRole(group="clerks MEM", role=Role.SUPPORT, reach=Reach(sites=("MEM",))),
        GroupRole(group="admins", role=Role.ADMIN),
        GroupRole(group="chiefs", role=Role.SUPPORT),
    ]
    assert standing(["clerks MEM", "clerks HGH"], lines).reach == Reach(sites=("HGH", "MEM"))
    assert standing(["admins", "clerks HGH"], lines).role is Role.SUPPORT  # as the list is ordered
    assert standing(["admins"], lines).role is Role.ADMIN
    assert standing(["clerks HGH", "chiefs"], lines).reach == EVERYWHERE
    assert standing([], lines) is None


def test_two_limits_that_together_would_say_more_are_not_put_together():
    lines = [
        GroupRole(group="a", role=Role.SUPPORT, reach=Reach(companies=("A",), sites=("X",))),
        GroupRole(group="b", role=Role.SUPPORT, reach=Reach(companies=("B",), sites=("Y",))),
    ]
    found = standing(["a", "b"], lines)
    assert found.reach == lines[0].reach  # A's Y and B's X are nobody's
    assert found.groups == ("a",)
