"""Where the sentences of a text stand, the ones that say most first."""

import re

_SENTENCE = re.compile(r"[.!?\n。！？](?:(?<=[\n。！？])\n*|[\"”’»)]?\s+(?=[^\W\d_a-z]|[\"“‘«¿¡]))")
_REASON = re.compile(r"\bbecause (?!another\b|this\b|it\b|that\b|they\b|of\b)")
_ENDS = re.compile(r"[!?。！？]|[.][\"”’»)]\s")
_LEADS = frozenset({"warn", "erro", "mess", "atte", "fata", "secu", "seve", "adve", "aver"})
_LEAD = re.compile(
    r"(?:[\w.\\]+(?:exception|error|fault)\b\s*(?:\([^)]*\))?\s*:\s*"
    r"|(?:fatal |security |severe )?(?:error|warning|message|attention|advertencia|avertissement)"
    r"(?: \w?\d+)?\s*[!:.–—-]+\s*|[a-z]/[a-z] [^:.\"]{3,40}:\s+)+",
    re.IGNORECASE,
)


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence stands, without an exception's name or "Warning!" in front of it.

    Of "you cannot ... because ..." the reason stands first, if it names what it speaks of.
    """
    start = 0
    if (":" in text or text[:4].lower() in _LEADS) and (lead := _LEAD.match(text)) is not None:
        start = lead.end()
    found: list[tuple[int, int]] = []
    if ". " in text or "\n" in text or "!" in text or "?" in text or _ends_otherwise(text):
        for gap in _SENTENCE.finditer(text, start):
            _add(found, text, start, gap.start())
            start = gap.end()
    end = len(text.rstrip(" .!?"))
    if "because" not in text:
        found.append((start, end))
    else:
        _add(found, text, start, end)
    return found


def _ends_otherwise(text: str) -> bool:
    # not often: spare most texts the search
    return (not text.isascii() or '."' in text or ".)" in text) and _ENDS.search(text) is not None


def _add(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    if "because" in text and (reason := _REASON.search(text, start, end)) is not None:
        found.append((reason.end(), end))
    found.append((start, end))
