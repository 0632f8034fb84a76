from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iman.classify import ERROR_TYPES as CLASSIFIED
from iman.playbooks import (
    ERROR_TYPES,
    PlaybookError,
    built_in,
    from_folder,
    parsed,
    read_playbook,
)
from iman.playbooks.writing import written

GOOD = """
error_type = "terms_missing"
version = 3
title = "Ours"
question = "Which?"

[[branch]]
id = "one"
title = "One"
when = "Now"

[[choice]]
id = "how"
question = "How?"
options = [{ id = "a", title = "A" }, { id = "b", title = "B" }]

[[step]]
id = "first"
who = "finance"
do = "Add {entity}."
verify = "term_in_sage"
releases = true

[[step]]
id = "second"
who = "support"
do = "Then."
after = ["first"]
only_if = { how = "a" }
"""


def read(text: str):
    return read_playbook(text, error_types=ERROR_TYPES)


def faults(text: str) -> list[str]:
    with pytest.raises(PlaybookError) as caught:
        read(text)
    return caught.value.faults


def test_every_error_type_has_a_playbook():
    assert set(ERROR_TYPES) == set(CLASSIFIED) == set(built_in())


@pytest.mark.parametrize("error_type", ERROR_TYPES)
def test_a_built_in_playbook_is_about_its_type_and_says_when_documents_may_go(error_type):
    playbook = built_in()[error_type].playbook
    assert playbook.error_type == error_type
    assert any(step.releases for step in playbook.steps)
    assert all(step.do.endswith((".", "?", ":")) for step in playbook.steps)


@pytest.mark.parametrize("error_type", ["terms_missing", "gl_account_missing"])
def test_the_guides_two_remedies_have_both_branches(error_type):
    playbook = built_in()[error_type].playbook
    assert [branch.id for branch in playbook.branches] == ["valid-setup", "invalid-setup"]
    assert "right for this" in playbook.question
    for step in playbook.steps:
        assert step.where, step.id
        assert step.why, step.id
        assert step.out_of_order, step.id


def order(error_type: str, branch: str) -> list[str]:
    return [
        step.id
        for step in built_in()[error_type].playbook.steps
        if not step.branches or branch in step.branches
    ]


def test_a_wrong_term_is_created_resynced_credited_inactivated_and_re_invoiced():
    assert order("terms_missing", "valid-setup") == ["add-in-sage", "resync"]
    assert order("terms_missing", "invalid-setup") == [
        "create-on-purpose", "resync", "credit-note", "inactivate-in-sage",
        "inactivate-in-byondpro", "re-invoice",
    ]  # fmt: skip


def test_a_wrong_account_is_corrected_by_journal_or_credit_note():
    assert order("gl_account_missing", "valid-setup") == ["add-in-sage", "resync"]
    assert order("gl_account_missing", "invalid-setup") == [
        "create-on-purpose", "resync", "journal", "credit-note", "inactivate-in-sage",
        "correct-category", "re-invoice",
    ]  # fmt: skip


def test_a_good_playbook_is_read():
    playbook = read(GOOD)
    assert (playbook.version, len(playbook.steps)) == (3, 2)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"terms_missing"', '"term_missing"', "'term_missing' is no error type"),
        ("version = 3", "version = 0", "whole number from 1"),
        ('who = "finance"', 'who = "boss"', "who is 'boss', not one of"),
        ('verify = "term_in_sage"', 'verify = "looks_good"', "verify is 'looks_good'"),
        ("{entity}", "{entitty}", "{entitty} is no placeholder"),
        ('after = ["first"]', 'after = ["third"]', "after names 'third'"),
        ('how = "a"', 'how = "c"', "only_if wants 'c'"),
        ('id = "second"', 'id = "first"', "more than one step 'first'"),
        ('id = "second"', 'id = "Second!"', "an id has small letters"),
        ('title = "Ours"', 'titel = "Ours"', "unknown key 'titel'"),
        ("releases = true", 'releases = "yes"', "releases is true or false"),
        ("error_type =", "error_type", "not valid TOML"),
    ],
)
def test_a_faulty_playbook_says_what_is_wrong(old, new, told):
    assert any(told in fault for fault in faults(GOOD.replace(old, new, 1)))


def test_all_faults_are_told_at_once():
    text = GOOD.replace("version = 3", "version = 0").replace('"finance"', '"boss"')
    assert len(faults(text)) == 2


def test_an_administrators_folder_is_read_and_its_faults_name_the_file(tmp_path: Path):
    (tmp_path / "ours.toml").write_text(GOOD)
    assert from_folder(tmp_path)["terms_missing"].playbook.title == "Ours"
    (tmp_path / "worse.toml").write_text("title = ")
    with pytest.raises(PlaybookError, match=r"worse\.toml: This is not valid TOML"):
        from_folder(tmp_path)


@pytest.mark.parametrize("error_type", ERROR_TYPES)
def test_a_written_playbook_is_read_as_the_same(error_type: str):
    found = built_in()[error_type].playbook
    assert parsed(written(found)) == found


def test_awkward_texts_are_written_so_that_they_are_read_again():
    found = built_in()["other"].playbook
    odd = 'a "quoted" \\ back, tab\u0001\u007f é 日本 \U0001f33a {entity} \'\'\' """ # no comment'
    step = replace(found.steps[0], do=odd, why=odd)
    changed = replace(found, title=odd, steps=(step, *found.steps[1:]))
    assert parsed(written(changed)).title == odd
    assert parsed(written(changed)) == changed
