"""Writes a playbook as the TOML it is read from; comments of an older text are not kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from iman.domain.playbook import Branch, Choice, Option, Playbook, Step


def written(playbook: Playbook) -> str:
    """Reading it again gives the same playbook."""
    blocks = [_block("", _head(playbook))]
    blocks += [_block("branch", _branch(one)) for one in playbook.branches]
    blocks += [_block("choice", _choice(one)) for one in playbook.choices]
    blocks += [_block("step", _step(one)) for one in playbook.steps]
    return "\n\n".join(blocks) + "\n"


def _head(playbook: Playbook) -> dict[str, Any]:
    return {
        "error_type": playbook.error_type,
        "version": playbook.version,
        "thing": playbook.thing,
        "title": playbook.title,
        "summary": playbook.summary,
        "question": playbook.question,
    }


def _branch(branch: Branch) -> dict[str, Any]:
    return {"id": branch.id, "title": branch.title, "when": branch.when, "result": branch.result}


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "id": choice.id,
        "question": choice.question,
        "help": choice.help,
        "branches": sorted(choice.branches),
        "options": [_option(one) for one in choice.options],
    }


def _option(option: Option) -> dict[str, Any]:
    return {"id": option.id, "title": option.title, "help": option.help}


def _step(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "branches": sorted(step.branches),
        "only_if": dict(step.only_if),
        "who": step.who.value,
        "do": step.do,
        "where": step.where,
        "link": step.link,
        "why": step.why,
        "out_of_order": step.out_of_order,
        "verify": step.verify.value if step.verify else "",
        "argument": step.argument,
        "after": list(step.after),
        "locked_while": step.locked_while.value if step.locked_while else "",
        "optional": step.optional,
        "releases": step.releases,
        "follow_up": step.follow_up,
    }


def _block(name: str, values: Mapping[str, Any]) -> str:
    head = [f"[[{name}]]"] if name else []
    return "\n".join([*head, *_lines(values)])


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    """What is empty is left out: it is the same as not written."""
    for name, value in values.items():
        if value not in ("", False, [], {}):
            yield f"{name} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_lines(value)) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        if any(isinstance(one, Mapping) for one in value):
            return "[\n" + "".join(f"    {_value(one)},\n" for one in value) + "]"
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, bool | int):
        return str(value).lower()
    return _text(value)


def _text(value: str) -> str:
    """TOML's basic strings escape as JSON's do, less characters beyond the first plane."""
    plain = json.dumps(value, ensure_ascii=False)
    return plain.replace("\x7f", "\\u007f")
