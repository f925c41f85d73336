"""What a string may ask for beside its JSON Schema keywords, under `x-gamegen`.

ends           "sentence" (default of a fragment that is a string), "title" or "any" (default inside a document, and
               of a string with a `pattern`)
language       BCP 47; default "en"
placeholders   names that may stand in braces; default none
avoid          words that the text may not have (see `words`)
mention        words that the text must have somewhere; off by default, because a small model puts them anywhere
temperature, top_p, min_p, top_k, repetition_penalty, frequency_penalty
               how the tokens of this text are drawn, in place of the request's own sampling
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gamegen.engine.profile import ENDS, Ends
from gamegen.engine.words import cleaned, found
from gamegen.records import JSON

SETTINGS: dict[str, tuple[float, float, str]] = {
    "temperature": (0, 10, "a number from 0 to 10"),
    "top_p": (0, 1, "a number above 0 and at most 1"),
    "min_p": (0, 1, "a number from 0 to 1"),
    "top_k": (0, 1_000_000, "a whole number, 0 for no limit"),
    "repetition_penalty": (0, 10, "a number above 0 and at most 10"),
    "frequency_penalty": (-10, 10, "a number from -10 to 10"),
}
"""Sampling settings: least, most, and both in words."""
_ABOVE_LEAST = ("top_p", "repetition_penalty")
KNOWN = ("ends", "language", "placeholders", "avoid", "mention", *SETTINGS)
_MOST_MENTIONS = 8


@dataclass(frozen=True, slots=True)
class Options:
    """A valid `x-gamegen`. ends: None where the schema leaves it to the default."""

    ends: Ends | None = None
    language: str = "en"
    placeholders: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    mention: tuple[str, ...] = ()
    settings: Mapping[str, JSON] = field(default_factory=dict)

    @classmethod
    def read(cls, value: Mapping[str, JSON]) -> Options:
        """Of a value without `problems`."""
        return cls(
            ends=value.get("ends"),
            language=value.get("language", "en"),
            placeholders=tuple(value.get("placeholders", ())),
            avoid=cleaned(value.get("avoid", ())),
            mention=cleaned(value.get("mention", ())),
            settings={name: value[name] for name in SETTINGS if name in value},
        )


def problems(value: JSON) -> Iterator[str]:
    """What is wrong with an `x-gamegen`."""
    if not isinstance(value, Mapping):
        yield f"x-gamegen is an object, found {_shown(value)}"
        return
    if unknown := sorted(set(value) - set(KNOWN)):
        yield f"x-gamegen knows {', '.join(KNOWN)}, found {', '.join(unknown)}"
    if value.get("ends", "any") not in ENDS:
        yield f"ends is one of {', '.join(ENDS)}, found {_shown(value['ends'])}"
    if not isinstance(value.get("language", ""), str):
        yield f"language is a string, found {_shown(value['language'])}"
    for name in ("placeholders", "avoid", "mention"):
        words = value.get(name, [])
        if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
            yield f"{name} is a list of words, found {_shown(words)}"
        elif name == "placeholders" and any(set(word) & set('{}"\\') or not word.isprintable() for word in words):
            yield f"placeholders are names of printable characters without braces and quotes, found {_shown(words)}"
        elif name == "mention":
            yield from _mention_problems(words, value.get("avoid", []))
    for name, (least, most, meaning) in SETTINGS.items():
        if name in value and not _is_setting(name, value[name], least, most):
            yield f"{name} is {meaning}, found {_shown(value[name])}"


def _mention_problems(words: list[str], avoided: JSON) -> Iterator[str]:
    if len(words) > _MOST_MENTIONS:
        yield f"mention is a list of at most {_MOST_MENTIONS} words, found {len(words)}"
    for word in words:
        if clash := found([other for other in avoided if isinstance(other, str) and other.strip()], word):
            yield f"a text cannot mention {word!r} and avoid {clash!r}"


def _is_setting(name: str, value: JSON, least: float, most: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int if name == "top_k" else int | float):
        return False
    above = value > least if name in _ABOVE_LEAST else value >= least
    return math.isfinite(value) and above and value <= most


def _shown(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))[:120]
