"""The text profile as regular expressions: what a text of a language may look like, letter by letter.

One line, no control characters, no outer or double spaces, no characters that a game's text formats treat as markup;
it begins with a letter, a digit or ’, and ends as its `ends` says. The syntax is that of the grammar engine (Rust's
regex crate), which for these expressions is also Python's, `\\p{…}` apart.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Ends = Literal["sentence", "title", "any"]

ENDS: tuple[Ends, ...] = ("sentence", "title", "any")
_LATIN = "A-Za-zÀ-ÖØ-öø-ſȘ-ț"  # composed letters alone: these stay as they are under NFC
_ANY = r"[\p{L}\p{M}&&\p{Age=14.0}]"  # what Python 3.11 knows as a letter, too: checks run on any later one
_DIGITS = "0-9"
TAILS = ("stop", "word", "mark", "gap", "unknown")
"""Classes of a text's last character: a stop; a letter, digit or combining mark; another mark; a space or hyphen, which
cannot be the last for good; or bytes that are no whole character yet."""
_NEEDS: dict[Ends, tuple[int, ...]] = {
    "sentence": (0, 1, 1, 2, 3),
    "title": (1, 0, 1, 1, 3),
    "any": (0, 0, 0, 1, 3),
}
_MARKS = ",.;:!?'’‘()…–—%&/"
_FOREIGN_MARKS = "¿¡。、！？，؟،।"
_STOPS = ".!?…"
_FOREIGN_STOPS = "。！？؟।"
_GAPS = " -"
_UNUSED = "_#@=~<>`"  # markup without a meaning in expressions
_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$#&~\-/]")


@dataclass(frozen=True, slots=True)
class Profile:
    """language: BCP 47. ends: "sentence" (a stop, ’ may follow), "title" (no final stop) or "any".
    placeholders: names that may stand in braces. extra: characters allowed beside the usual ones."""

    language: str = "en"
    ends: Ends = "sentence"
    placeholders: tuple[str, ...] = ()
    extra: str = ""

    @property
    def latin(self) -> bool:
        """Whether letters are limited to Latin ones: so for English."""
        return self.language.lower().split("-")[0] == "en"

    @property
    def least(self) -> int:
        """Characters of the shortest text."""
        return 2 if self.ends == "sentence" else 1

    @property
    def ending(self) -> int:
        """Characters that always suffice to end a text properly, wherever it stands."""
        return 3 + max((len(name) + 2 for name in self.placeholders), default=0)

    def needs(self, more: int = 0) -> tuple[int, ...]:
        """Characters that suffice to end a text, by the class of its last character (see `TAILS`).

        more: characters that may be needed to make another word of the last one; a stop then has to be written anew.
        """
        if self.placeholders:
            return (self.ending + more,) * len(TAILS)
        needs = _NEEDS[self.ends]
        return tuple(max(need, needs[TAILS.index("word")]) + more for need in needs) if more else needs

    @property
    def tokens_per_character(self) -> float:
        """A generous estimate: English takes a quarter of a token each, scripts it hardly knows more."""
        return 0.5 if self.latin else 1.5

    def pattern(self) -> str:
        """The anchored expression that a whole text matches."""
        letters = _LATIN if self.latin else _ANY
        marks = (_MARKS if self.latin else _MARKS + _FOREIGN_MARKS) + escape(self.extra)
        stops = _STOPS if self.latin else _STOPS + _FOREIGN_STOPS
        words = letters + _DIGITS
        names = "".join("|" + escape("{" + name + "}") for name in self.placeholders)
        first = f"(?:[{words}’{escape(self.extra)}]{names})"
        more = f"(?: ?(?:[{words}{marks}]|-[{words}]{names}))*"  # a hyphen stands before a letter: no rules of dashes
        if self.ends == "sentence":
            return f"^{first}{more}[{stops}]’?$"
        if self.ends == "title":
            return f"^{first}(?:{more} ?(?:[{words}’)!?]|-[{words}]{names}))?$"
        return f"^{first}{more}$"

    @property
    def letters(self) -> str:
        """The class, without brackets, of all letters, digits and marks that a text can have."""
        if not self.latin:
            return r"\p{L}\p{N}\p{M}"
        more = {c for c in self.extra + "".join(self.placeholders) if unicodedata.category(c)[0] in "LNM"}
        return _LATIN + _DIGITS + escape("".join(sorted(c for c in more if not c.isascii())))

    def opening_pattern(self, opening: str) -> str:
        """A text that begins with these words; the last of them does not go on. Quotation marks are theirs alone."""
        if not re.search(r"\w$", opening):
            return f'^{escape(opening)}[^"]*$'
        return f'^{escape(opening)}(?:[^"{self.letters}][^"]*)?$'


def tail(character: str) -> int:
    """The class of a text's last character, as an index into `TAILS`; "" stands for an unfinished one."""
    if not character:
        return TAILS.index("unknown")
    if character in _STOPS + _FOREIGN_STOPS:
        return TAILS.index("stop")
    if character in _GAPS:
        return TAILS.index("gap")
    return TAILS.index("word" if unicodedata.category(character)[0] in "LNM" else "mark")


def named_markup(pattern: str) -> str:
    """The characters outside the profile that a pattern names, as ids name the underscore."""
    return "".join(character for character in _UNUSED if character in pattern)


def unusual(opening: str) -> str:
    """The characters of an opening that the profile may lack: names of a world hold any printable character."""
    dash = "-" if re.search(r"-(?![A-Za-z0-9])", opening) else ""  # before a letter the profile has it
    return dash + "".join(sorted({c for c in opening if not (c.isascii() and c.isalnum()) and c not in " -"}))


def escape(text: str) -> str:
    """The expression that matches exactly this text (Rust's regex crate refuses needless escapes of letters)."""
    return _SPECIAL.sub(lambda found: "\\" + found.group(), text)
