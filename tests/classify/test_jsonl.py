"""``iman classify`` on lines good and bad."""

import io
import json

from iman.classify import RulesInForce
from iman.classify.jsonl import classify_lines


def run(*lines):
    out = io.StringIO()
    status = classify_lines(io.StringIO("\n".join(lines)), out)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_line_is_answered_in_order():
    status, answers = run(
        json.dumps({"id": "a", "message": "Cannot find terms code N45.", "http_status": None}),
        json.dumps({"id": 7, "message": "", "http_status": 503}),
    )
    assert status == 0
    assert answers[0] == {
        "id": "a",
        "type": "terms_missing",
        "entity_kind": "terms_code",
        "entity": "N45",
        "transient": False,
        "who_fixes": "erp_setup",
        "rule": "not-there:terms_code",
    }
    assert (answers[1]["id"], answers[1]["type"]) == (7, "erp_unavailable")


def test_a_bad_line_is_named_and_passed_over(capsys):
    good = json.dumps({"id": "a", "message": "Customer P-41 is on hold."})
    status, answers = run(good, "{", '{"id": 3}', "", '{"message": "x", "http_status": "4"}', good)
    assert status == 1
    assert len(answers) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in said] == ["line 2", "line 3", "line 5"]


def test_rules_of_ones_own_come_first(tmp_path):
    (tmp_path / "site.toml").write_text(
        '[[rule]]\nid = "plot"\ntype = "setup_code_missing"\npattern = "plot {value} is closed"\n'
        'examples = [{ text = "Plot R7 is closed.", entity = "R7" }]\n',
        encoding="utf-8",
    )
    out, line = io.StringIO(), json.dumps({"id": 1, "message": "Plot Z9 is closed."})
    assert classify_lines(io.StringIO(line), out, RulesInForce((tmp_path,)).classify) == 0
    told = json.loads(out.getvalue())
    assert (told["type"], told["entity"], told["rule"]) == ("setup_code_missing", "Z9", "plot")
