"""The grammar: wrappers, quotes, warnings, languages, and what is not known."""

import json

import pytest

from iman.classify import ERROR_TYPES, classify

INNER = 'Terms Code "N45" is not defined in A/R Terms'


def envelope(message, code="RecordInvalid"):
    return json.dumps({"error": {"code": code, "message": message}})


@pytest.mark.parametrize(
    "wrapped",
    [
        INNER,
        f"1020 - {INNER}",
        f"1020 – {INNER}",
        f"1020 — {INNER}.",
        f"  {INNER}.  ",
        INNER.replace(" ", "  "),
        envelope({"lang": "en-US", "value": INNER}),
        envelope(INNER),
        json.dumps({"Message": INNER}),
        json.dumps({"Message": f"1020 - {INNER}"}),
        envelope({"lang": "en-US", "value": INNER})[:-5],
        f"The invoice was refused. Status code: 409; Content: {envelope({'value': INNER})}",
        f"The invoice was refused. Status code: 409; Content: {INNER}",
        f"Sage.CA.SBS.ERP.BusinessException: {INNER}",
        f"Error: {INNER}",
        f"Warning! {INNER}",
        f"<html><body><h1>Error</h1><p>{INNER}</p></body></html>",
        INNER.replace('"N45"', "N45"),
        INNER.replace('"N45"', "'N45'"),
        INNER.replace('"N45"', "“N45”"),
        INNER.replace('"N45"', "‘N45’"),
        INNER.replace('"N45"', "«N45»"),
        "Terms code N45 does not exist.",
        "Cannot find terms code N45.",
        "Terms code N45 is inactive, but can be used.",
        "Invalid input. Terms code N45 does not exist.",
        "You cannot add the invoice because terms code N45 is inactive.",
        "A problem occurred and the record could not be added. Terms code N45 does not exist.",
    ],
)
def test_the_inner_text_is_found_in_every_wrapping(wrapped):
    found = classify(wrapped)
    assert (found.type, found.entity_kind, found.entity) == ("terms_missing", "terms_code", "N45")
    assert (found.transient, found.who_fixes) == (False, "erp_setup")


@pytest.mark.parametrize(
    ("message", "type_", "entity"),
    [
        ('Customer Number "P-41" does not exist.', "customer_missing", "P-41"),
        ('Customer Group "P-41" does not exist.', "setup_code_missing", "P-41"),
        ('Customer Account Set "P-41" does not exist.', "setup_code_missing", "P-41"),
        ('Customer Number "P-41" already exists.', "duplicate_document", "P-41"),
        ('Account "5050" does not exist.', "gl_account_missing", "5050"),
        ('Bank Account "5050" does not exist.', "setup_code_missing", "5050"),
        ("Customer P-41 and Ship-To Location NORTH1 do not exist.", "customer_missing", "NORTH1"),
        ("Salesperson CLIENT is inactive.", "setup_code_missing", "CLIENT"),
        ("Account Set cannot be blank.", "field_invalid", None),
        ("Terms Code cannot be blank.", "terms_missing", None),
        ("Due Date is in an invalid format.", "field_invalid", "Due Date"),
        ("Order ORD12 is on hold.", "document_or_batch_state", "ORD12"),
        ("Customer P-12 is on hold.", "customer_inactive_or_on_hold", "P-12"),
        ("Batch 88 is locked by another user.", "record_conflict", "88"),
        ("Fiscal period 4 for fiscal year 2031 is locked for A/R.", "period_closed", "4"),
        ("Retainage Percent must be between 0 and 100.", "amount_or_balance", None),
        ("Exchange rate cannot be zero.", "currency_or_rate", None),
        ("Order Entry is not activated.", "licence_limit", "Order Entry"),
    ],
)
def test_the_named_thing_decides_not_the_verb(message, type_, entity):
    found = classify(message)
    assert (found.type, found.entity) == (type_, entity)


@pytest.mark.parametrize(
    ("status", "type_"),
    [(401, "permission_or_login"), (429, "erp_unavailable"), (503, "erp_unavailable")],
)
def test_a_status_speaks_where_the_text_says_nothing(status, type_):
    assert classify("", http_status=status).type == type_
    assert classify("Something went wrong.", http_status=status).type == type_
    assert classify(INNER, http_status=status).type == "terms_missing"


def test_the_web_apis_code_speaks_where_the_text_says_nothing():
    assert classify(envelope("?", code="RecordDuplicate")).type == "duplicate_document"
    assert classify("?", code="TooManyRequests").type == "erp_unavailable"


def test_the_unknown_falls_into_groups_by_its_template():
    one = classify('The mausoleum "East 4" was repainted on 3/4/2031 by 7 of 12 masons.')
    two = classify('The mausoleum "West" was repainted on 11/12/2032 by 123 of 456 masons.')
    three = classify("The mausoleum was demolished.")
    assert one.type == three.type == "other"
    assert one.rule.startswith("unknown:")
    assert one.template == two.template
    assert one.rule == two.rule != three.rule


@pytest.mark.parametrize("message", ["", " ", "{", "<", "{}", '{"error": 3}', "\x00", "[" * 9000])
def test_no_text_is_too_strange(message):
    assert classify(message).type in ERROR_TYPES


def test_a_long_text_takes_no_long_time():
    assert classify("the terms code account batch " * 4000).type in ERROR_TYPES


@pytest.mark.parametrize(
    ("message", "type_", "entity"),
    [
        (
            "1020 - Code de conditions « N45 » non défini dans Conditions C/C",
            "terms_missing",
            "N45",
        ),
        ("Le compte du grand livre 7710 n’est pas défini.", "gl_account_missing", "7710"),
        ('Le compte "7710" est inactif, mais peut être utilisé.', "gl_account_inactive", "7710"),
        ("Impossible de trouver l'article URN-4.", "setup_code_missing", "URN-4"),
        ("Le groupe de taxes VICRET n'existe pas.", "tax_setup", "VICRET"),
        ("La fiche a été modifiée par un autre utilisateur.", "record_conflict", None),
        ('El código de términos "N45" no está definido.', "terms_missing", "N45"),
        ("La cuenta de mayor 7710 no existe.", "gl_account_missing", "7710"),
        ("No se encuentra el cliente P-41.", "customer_missing", "P-41"),
        ("El cliente P-41 está inactivo.", "customer_inactive_or_on_hold", "P-41"),
        ("El documento IN77 ya existe.", "duplicate_document", "IN77"),
        ("El período fiscal 4 está cerrado.", "period_closed", "4"),
        ("条款代码“N45”未定义。", "terms_missing", "N45"),
        ("记录已被其他用户修改。", "record_conflict", None),
    ],
)
def test_sage_speaks_other_languages(message, type_, entity):
    found = classify(message)
    assert (found.type, found.entity) == (type_, entity)
