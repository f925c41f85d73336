"""A schema's `pattern` and `format` as expressions of the grammar engine (Rust's regex syntax, matched as a whole).

`pattern` is ECMA 262 by the standard and Python's `re` for the validator, and the two differ: `\\d` is a digit of any
script in Python, an ASCII digit in ECMA 262. Each class here is the narrower reading of the two, so that what is
generated is valid under both. The pattern is read by Python's own parser. What has no exact counterpart is refused:
look-around, `\\b`, back-references, flags, anchors in the middle.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Sequence
from typing import Any

_parser = importlib.import_module("re._parser")  # typed stubs know it under its deprecated name alone

_ANYTHING = "(?s:.*)"
_SPACE = r"\x20\t\n\r\f\x0B"
_ANY_SPACE = r"\s\x1C-\x1F\x{FEFF}"
_NARROW = {
    "CATEGORY_DIGIT": "0-9",
    "CATEGORY_SPACE": _SPACE,
    "CATEGORY_WORD": "A-Za-z0-9_",
    "CATEGORY_NOT_DIGIT": r"\P{Nd}",
    "CATEGORY_NOT_SPACE": f"[^{_ANY_SPACE}]",
    "CATEGORY_NOT_WORD": r"[^\p{L}\p{N}_]",
}
"""What both dialects have in the class."""
_WIDE = {
    "CATEGORY_DIGIT": r"\p{Nd}",
    "CATEGORY_SPACE": _ANY_SPACE,
    "CATEGORY_WORD": r"\p{L}\p{N}_",
    "CATEGORY_NOT_DIGIT": "[^0-9]",
    "CATEGORY_NOT_SPACE": f"[^{_SPACE}]",
    "CATEGORY_NOT_WORD": "[^A-Za-z0-9_]",
}
"""What one of the two dialects has in the class: its complement is what neither has."""

_DAY = (
    "(?:[0-9]{4}-(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|[0-9]{4}-(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|[0-9]{4}-02-(?:0[1-9]|1[0-9]|2[0-8])|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29)"
)
_YEARS = "(?:[1-9][0-9]{3}|0(?:[1-9][0-9]{2}|0(?:[1-9][0-9]|0[1-9])))"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,3})?(?:Z|[+\-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"

FORMATS: dict[str, tuple[Sequence[str], int]] = {
    "date": ((_DAY, f"{_YEARS}.*"), 10),
    "time": ((_CLOCK,), 18),
    "date-time": ((f"{_DAY}T{_CLOCK}", f"{_YEARS}.*"), 29),
    "uuid": (("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",), 36),
    "ipv4": ((rf"{_BYTE}(?:\.{_BYTE}){{3}}",), 15),
}
"""Format -> expressions that a text matches all of, and characters of the longest text."""


def translate(pattern: str) -> str:
    """The expression of every text that a schema's `pattern` finds a match in. Raises ValueError with the reason."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # such as "possible nested set": the meaning may change
            re.compile(pattern)
            parsed = _parser.parse(pattern)
    except (re.error, Warning, RecursionError, OverflowError) as error:
        raise ValueError(f"it is not in the syntax that ECMA 262 and Python share: {error}") from error
    if parsed.state.flags & ~re.UNICODE.value:
        raise ValueError("it sets flags")
    return _search(_spliced(parsed))


def _search(items: list[Any]) -> str:
    """Any text with these items in it; anchors at the outer ends tie them to its own ends."""
    for place in (0, -1):
        if items and items[place][0].name == "BRANCH" and _has_anchor(items[place][1][1]):
            rest = items[1:] if place == 0 else items[:-1]
            alternatives = [_spliced(alternative) for alternative in items[place][1][1]]
            whole = [[*part, *rest] if place == 0 else [*rest, *part] for part in alternatives]
            return f"(?:{'|'.join(_search(part) for part in whole)})"
    begins = bool(items) and _anchor(items[0]) in ("AT_BEGINNING", "AT_BEGINNING_STRING")
    items = items[begins:]
    ends = bool(items) and _anchor(items[-1]) in ("AT_END", "AT_END_STRING")
    items = items[: len(items) - ends]
    return ("" if begins else _ANYTHING) + "".join(map(_item, items)) + ("" if ends else _ANYTHING)


def _spliced(sequence: Any) -> list[Any]:
    """The items of a sequence, plain groups opened."""
    items: list[Any] = []
    for item in sequence:
        if item[0].name == "SUBPATTERN" and not (item[1][1] or item[1][2]):
            items += _spliced(item[1][3])
        elif item[0].name != "BRANCH" or any(len(part) for part in item[1][1]):  # the parser takes "a$|a$" apart so
            items.append(item)
    return items


def _anchor(item: Any) -> str:
    return str(item[1].name) if item[0].name == "AT" else ""


def _has_anchor(alternatives: Any) -> bool:
    return any(
        _anchor(item) or (item[0].name == "BRANCH" and _has_anchor(item[1][1]))
        for alternative in alternatives
        for item in _spliced(alternative)
    )


def _item(item: Any) -> str:
    name, value = item[0].name, item[1]
    if name == "LITERAL":
        return character(value)
    if name == "NOT_LITERAL":
        return f"[^{character(value)}]"
    if name == "ANY":
        return r"[^\n\r\x{2028}\x{2029}]"
    if name == "IN":
        return _class(value)
    if name == "BRANCH":
        return "(?:" + "|".join("".join(map(_item, _spliced(part))) for part in value[1]) + ")"
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, part = value
        upper = "" if most == _parser.MAXREPEAT else most
        return f"(?:{''.join(map(_item, _spliced(part)))}){{{least},{upper}}}"
    if name == "AT" and value.name in ("AT_BEGINNING", "AT_END"):
        raise ValueError("it has an anchor that is not at its outer end")
    reason = {
        "ASSERT": "look-around",
        "ASSERT_NOT": "look-around",
        "AT": "a boundary",
        "GROUPREF": "a back-reference",
        "GROUPREF_EXISTS": "a back-reference",
        "SUBPATTERN": "flags",
        "POSSESSIVE_REPEAT": "a possessive repetition",
        "ATOMIC_GROUP": "an atomic group",
    }
    raise ValueError(f"it uses {reason.get(name, name.lower())}")


def _class(items: Any) -> str:
    negated = items[0][0].name == "NEGATE"
    categories = _WIDE if negated else _NARROW
    parts = []
    for kind, value in items[negated:]:
        if kind.name == "LITERAL":
            parts.append(character(value))
        elif kind.name == "RANGE":
            parts.append(f"{character(value[0])}-{character(value[1])}")
        else:
            parts.append(categories[value.name])
    return f"[{'^' if negated else ''}{''.join(parts)}]"


def character(code: int) -> str:
    text = chr(code)
    return text if text.isascii() and text.isalnum() else f"\\x{{{code:X}}}"
