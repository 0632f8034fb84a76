from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iman.domain.attempt import push_token
from iman.domain.document import (
    CLOSED_STATES,
    RESYNCABLE_STATES,
    DocumentState,
    EntryType,
    ErpSyncStatus,
    erp_sync_status,
)
from iman.domain.gl_account import posted_account
from tests.builders import make_key

SHOWN = {
    DocumentState.PENDING: ErpSyncStatus.PENDING,
    DocumentState.SYNCING: ErpSyncStatus.PENDING,
    DocumentState.RETRYING: ErpSyncStatus.PENDING,
    DocumentState.WAITING: ErpSyncStatus.PENDING,
    DocumentState.UNKNOWN: ErpSyncStatus.PENDING,
    DocumentState.PARKED: ErpSyncStatus.PENDING,
    DocumentState.FAILED: ErpSyncStatus.FAILED,
    DocumentState.SYNCED: ErpSyncStatus.PROCESSED,
    DocumentState.SETTLED: ErpSyncStatus.PROCESSED,
}


@pytest.mark.parametrize("state", DocumentState)
def test_byondpro_has_a_word_for_every_state(state):
    assert erp_sync_status(state) is SHOWN[state]


def test_only_what_is_left_alone_can_be_resynced():
    assert {DocumentState.FAILED, DocumentState.PARKED} == RESYNCABLE_STATES
    assert not RESYNCABLE_STATES & CLOSED_STATES


def test_the_monitor_shows_invoices_first():
    assert next(iter(EntryType)) is EntryType.INVOICE


@pytest.mark.parametrize("entry_type", EntryType)
def test_a_token_of_the_longest_number_fits_sages_description(entry_type):
    key = make_key("X" * 22, entry_type=entry_type)
    token = push_token("0011aabb", key, 999_999_999)
    assert len(token) <= 60


def test_tokens_tell_ledgers_documents_types_and_revisions_apart():
    tokens = {
        push_token(ledger, make_key(number, entry_type=kind), revision)
        for ledger in ("0011aabb", "0011aabc")
        for number in ("INV-1", "INV-2")
        for kind in EntryType
        for revision in (1, 2)
    }
    assert len(tokens) == 2 * 2 * len(EntryType) * 2


@pytest.mark.parametrize(
    ("rule", "account", "posted"),
    [
        ("N", "6000", "6000"),
        ("E2", "6000", "6030"),
        ("S2", "6000", "3000"),
        ("E2", "30", "30"),
        ("E2", "6000-100", "6000-130"),
    ],
)
def test_the_sites_segment_is_written_over_the_accounts_end_or_start(rule, account, posted):
    assert posted_account(account, segment="30", rule=rule) == posted


@pytest.mark.parametrize("rule", ["E2", "S2"])
@pytest.mark.parametrize("segment", ["", "3", "300"])
def test_a_segment_of_another_length_is_told(rule, segment):
    with pytest.raises(ValueError, match=f"not 2 long, as rule {rule} wants"):
        posted_account("6000", segment=segment, rule=rule)


def test_an_account_shorter_than_the_segment_is_told():
    with pytest.raises(ValueError, match="shorter than the site's segment"):
        posted_account("6", segment="30", rule="E2")


@given(
    account=st.text("0123456789-", min_size=2, max_size=45),
    segment=st.text("0123456789", min_size=2, max_size=2),
    rule=st.sampled_from(["E2", "S2", "N"]),
)
def test_a_posted_account_is_as_long_as_the_categorys(account, segment, rule):
    assert len(posted_account(account, segment=segment, rule=rule)) == len(account)
