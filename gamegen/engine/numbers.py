"""Numbers within bounds as regular expressions that are exact to the last digit.

A JSON Schema compares values, a grammar sees digits. Here the bounds become decimal digits first (as they were
written, without the rounding of binary fractions), and an expression is built that matches the decimal form of every
number between them and of no other. Limits: integers of at most 18 digits (a game's 64 bits hold them), other numbers
of at most 15 significant ones (two different decimals of 15 digits are two different double-precision numbers).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from gamegen.records import JSON

KEYWORDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
MORE_PLACES = 3
"""A number is written with at most so many decimal places more than its bounds have."""
_MOST_INTEGER_DIGITS = 18
_MOST_DIGITS = 15
_MOST_VALUES = 4096


class Refused(ValueError):
    """What these expressions cannot hold. `keyword` is at fault, or "" where it is the bounds together."""

    def __init__(self, message: str, keyword: str = "", empty: bool = False) -> None:
        super().__init__(message)
        self.keyword = keyword
        self.empty = empty
        """Whether no number at all satisfies the bounds."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers n / 10**places for whole n from `low` to `high`, all of them multiples of `step` if it is not 0."""

    low: int
    high: int
    places: int = 0
    step: int = 0

    @property
    def characters(self) -> int:
        """Of the longest of them."""
        longest = max(len(str(abs(n) // 10**self.places)) + (n < 0) for n in (self.low, self.high))
        return longest + (self.places + 1 if self.places else 0)

    def pattern(self) -> str:
        """The expression of their decimal forms, "-0" left out."""
        if self.step:
            first = -(-self.low // self.step)
            return "|".join(str(n * self.step) for n in range(first, self.high // self.step + 1))
        parts = []
        if self.low < 0:
            parts += [f"-(?:{_decimals(max(1, -self.high), -self.low, self.places)})"]
        if self.high >= 0:
            parts += [_decimals(max(0, self.low), self.high, self.places)]
        return "|".join(parts)


def numbers(node: Mapping[str, JSON], kind: str) -> Numbers:
    """Read the bounds of a schema node of type integer or number, which has both a lower and an upper one.

    Raises Refused.
    """
    bounds = {keyword: Decimal(repr(node[keyword])) for keyword in KEYWORDS if keyword in node}
    low = max(bounds[keyword] for keyword in ("minimum", "exclusiveMinimum") if keyword in bounds)
    high = min(bounds[keyword] for keyword in ("maximum", "exclusiveMaximum") if keyword in bounds)
    places = 0 if kind == "integer" else max(_places(bound) for bound in bounds.values()) + MORE_PLACES
    _check_digits(bounds, kind)
    if kind == "number":
        spare = _MOST_DIGITS - max(_digits_before_point(bound) for bound in bounds.values())
        if spare < places - MORE_PLACES:
            keyword = max(bounds, key=lambda keyword: _places(bounds[keyword]))
            raise Refused(f"a number has at most {_MOST_DIGITS} digits with its decimal places", keyword)
        places = min(places, spare)
    scale = 10**places
    first, last = math.ceil(low * scale), math.floor(high * scale)
    first += first == low * scale and bounds.get("exclusiveMinimum") == low
    last -= last == high * scale and bounds.get("exclusiveMaximum") == high
    step = _step(node, kind)
    if first > last and low < high and kind == "number":
        raise Refused(f"the grammar holds numbers of at most {_MOST_DIGITS} digits, and none lies between the bounds")
    if first > last or (step and last // step * step < first):
        between = f"no {kind} lies between {node_text(low)} and {node_text(high)}"
        raise Refused(between + (f" that is a multiple of {step}" if step else ""), empty=True)
    if step and (last - first) // step >= _MOST_VALUES:
        raise Refused(f"the grammar holds at most {_MOST_VALUES} multiples, found more", "multipleOf")
    return Numbers(first, last, places, step if step != 1 else 0)


def node_text(bound: Decimal) -> str:
    """A bound as people write it."""
    return str(bound.to_integral_value()) if bound == bound.to_integral_value() else str(bound)


def _check_digits(bounds: Mapping[str, Decimal], kind: str) -> None:
    most = _MOST_INTEGER_DIGITS if kind == "integer" else _MOST_DIGITS
    for keyword, bound in bounds.items():
        if _digits_before_point(bound) > most:
            raise Refused(f"the grammar holds {kind}s of at most {most} digits", keyword)


def _step(node: Mapping[str, JSON], kind: str) -> int:
    if "multipleOf" not in node:
        return 0
    step = Decimal(repr(node["multipleOf"]))
    if kind == "number" or step != step.to_integral_value():
        raise Refused("the grammar supports multipleOf for integers and whole steps", "multipleOf")
    return int(step)


def _places(bound: Decimal) -> int:
    exponent = bound.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _digits_before_point(bound: Decimal) -> int:
    return max(1, bound.adjusted() + 1)


def _decimals(low: int, high: int, places: int) -> str:
    """Decimal forms with up to `places` decimals of n / 10**places, 0 <= low <= n <= high, with a needless 0 or not."""
    parts = []
    for kept in range(places + 1):
        unit = 10 ** (places - kept)
        first, last = -(-low // unit), high // unit
        if first <= last:
            parts.append(_fixed(first, last, kept))
    return "|".join(parts)


def _fixed(low: int, high: int, places: int) -> str:
    """Decimal forms with exactly `places` decimals of n / 10**places, low <= n <= high."""
    if not places:
        return _integers(low, high)
    unit = 10**places
    (first, begin), (last, end) = divmod(low, unit), divmod(high, unit)
    if first == last:
        return f"{first}\\.{_padded(begin, end, places)}"
    parts = [f"{first}\\.{_padded(begin, unit - 1, places)}", f"{last}\\.{_padded(0, end, places)}"]
    if first + 1 < last:
        parts.insert(1, f"(?:{_integers(first + 1, last - 1)})\\.{_padded(0, unit - 1, places)}")
    return "|".join(parts)


def _integers(low: int, high: int) -> str:
    """Whole numbers without leading zeros, 0 <= low <= high."""
    parts = []
    for width in range(len(str(low)), len(str(high)) + 1):
        least = 10 ** (width - 1) if width > 1 else 0
        parts.append(_padded(max(low, least), min(high, 10**width - 1), width))
    return "|".join(parts)


def _padded(low: int, high: int, width: int) -> str:
    """Numbers of exactly `width` digits, leading zeros among them."""
    alternatives = _between(f"{low:0{width}}", f"{high:0{width}}")
    return alternatives[0] if len(alternatives) == 1 else f"(?:{'|'.join(alternatives)})"


def _between(low: str, high: str) -> list[str]:
    """Alternatives for the strings of digits from `low` to `high`, both of one length."""
    rest = len(low) - 1
    if rest < 0:
        return [""]
    if low[0] == high[0]:
        return [low[0] + tail for tail in _between(low[1:], high[1:])]
    first, last, parts = int(low[0]), int(high[0]), []
    if low[1:].strip("0"):
        parts += [low[0] + tail for tail in _between(low[1:], "9" * rest)]
        first += 1
    upper = []
    if high[1:].strip("9"):
        upper = [high[0] + tail for tail in _between("0" * rest, high[1:])]
        last -= 1
    if first <= last:
        digit = f"[{first}-{last}]" if first < last else str(first)
        parts.append(digit + (f"[0-9]{{{rest}}}" if rest else ""))
    return parts + upper
