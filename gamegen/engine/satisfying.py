"""Whether an open string can be written at all: asked of the grammar before any model runs."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gamegen.engine import lark
from gamegen.engine.closing import find_end
from gamegen.engine.fields import Bounds, Text
from gamegen.records import JSON

UNSATISFIABLE = "no text can satisfy this"


def text_problem(node: Mapping[str, JSON]) -> str:
    """What stands against a string of the normal form: UNSATISFIABLE, a reason of the grammar's own, or nothing.

    Its opening is left out of account: that is the completion's, not the schema's.
    """
    options: Text = node["x-gamegen"]
    expression = lark.text({**node, "x-gamegen": replace(options, opening="")})
    return _problem(expression, options.bounds if options.counted else None)


@functools.lru_cache(maxsize=1024)
def _problem(expression: str, counted: Bounds | None) -> str:
    import llguidance

    source = llguidance.LLMatcher.grammar_from_lark(f"start: T0\nT0: ({expression}) /\\x22/\n")
    matcher = llguidance.LLMatcher(_letters(), source, log_level=0, limits=limits())
    if matcher.is_error():
        return first_line(matcher.get_error())
    if not any(_others(matcher.deep_copy())):
        return UNSATISFIABLE
    if counted and not find_end(matcher, _spell, _others, counted, 0, counted.mention):
        return UNSATISFIABLE
    return ""


def limits() -> Any:
    """What the grammar engine may spend. Its own limits are too low where it counts a text that must avoid words."""
    import llguidance

    return llguidance.LLParserLimits(
        initial_lexer_fuel=20_000_000, step_lexer_fuel=20_000_000, max_lexer_states=2_000_000, verbose_errors=False
    )


def first_line(message: str) -> str:
    return message.strip().split("\n")[0][:300]


@functools.cache
def _letters() -> Any:
    """A tokenizer whose tokens are the 256 bytes."""
    import llguidance

    return llguidance.LLTokenizer("byte")


def _spell(text: str) -> list[int]:
    return list(text.encode())


def _others(matcher: Any) -> Iterator[tuple[list[int], int]]:
    row = np.zeros((_letters().vocab_size + 31) // 32, np.int32)
    matcher.unsafe_compute_mask_ptr(row.ctypes.data, row.nbytes)
    if matcher.is_error():
        return
    for byte in np.flatnonzero(np.unpackbits(row.view(np.uint8), count=256, bitorder="little")).tolist():
        yield [byte], int(byte & 0xC0 != 0x80)
