"""The rules that one text obeys, each a pure function from the text to the findings against it.

They hold for generated and hand-written texts alike; `gamegen.checks.text` applies them to records, `gamegen.writing`
to candidates. Rules about words are for English; in other languages only those about form and lists apply.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

from gamegen._words import stem, word_set, words
from gamegen.originality import TAUGHT_WORDS, Copies
from gamegen.records import Finding

WORD_BOUNDS: Mapping[str, tuple[int, int]] = {
    "npc_line": (5, 26),
    "player_choice": (3, 13),
    "objective": (4, 16),
    "quest_title": (1, 8),
    "quest_summary": (10, 45),
    "journal": (5, 32),
    "trait": (4, 26),
}
"""Words of a text by the kind of its card: what the corpus keeps to, and a little more."""

_JOINERS = "\u200c\u200d"  # they shape letters in some scripts
_FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_ECHO = re.compile(
    r"""must\ say | \brewrite\b | in\ character: | \bas\ an?\ (?:ai|language\ model)\b
    | \b(?:user|assistant|system|npc|player|narrator|title|summary|objective|journal|quest)\s*: | \bthe\ player\b
    | <\| | \|> | \bim_(?:start|end)\b | &(?:[a-z]+|\#\d+); | https?:
    | ^[^.!?]{1,60}\([^)]*\)\s*:""",
    re.IGNORECASE | re.VERBOSE,
)
MARKUP = frozenset("*_#`|<>[]\\^~@=")
"""Characters that a text only has because a name or a fact of the world has them."""
_ENDS = re.compile(r"[.!?…。！？؟।]['’)»]?$")
_TITLE_STOP = re.compile(r"[.,;:…。]$")
_DANGLING = word_set("a an the and or but because if my your our their than")
_RUN_ON = re.compile(r"[a-z]{2,}[.!?;:,][A-Za-z][a-z]+")
_TWICE = re.compile(r"\b(\w+) \1\b", re.IGNORECASE)
_MAY_STAND_TWICE = frozenset({"had", "that", "you", "her", "no", "so", "very", "bye"})


def profile(text: str, placeholders: Iterable[str] = ()) -> list[Finding]:
    """One line in NFC, no outer or double spaces, no control or format characters; braces doubled, or placeholders."""
    found = []
    if not text:
        return [Finding("GG601", "expected a text, found nothing", "write one")]
    if text != unicodedata.normalize("NFC", text):
        found.append(Finding("GG601", "expected NFC, found decomposed characters", "normalise the text to NFC"))
    bad = [c for c in text if unicodedata.category(c) in _FORBIDDEN and c not in _JOINERS]
    if bad:
        names = f"U+{ord(bad[0]):04X}"
        found.append(Finding("GG601", f"expected one line of printable characters, found {names}", "take it out"))
    if text != text.strip() or re.search(r"\s\s", text):
        found.append(Finding("GG601", "expected no outer or double spaces, found one", "leave single spaces"))
    known = set(placeholders)
    bare = text.replace("{{", "").replace("}}", "")
    unknown = [name for name in _PLACEHOLDER.findall(bare) if name not in known]
    if unknown:
        found.append(
            Finding(
                "GG602",
                f"expected a placeholder of the record, found {{{unknown[0]}}}",
                "list it, or double the braces",
            )
        )
    elif re.search(r"[{}]", _PLACEHOLDER.sub("", bare)):
        found.append(Finding("GG602", "expected braces in pairs, found one alone", "double a literal brace"))
    return found


def markup_of(strings: Iterable[str]) -> frozenset[str]:
    """The markup characters that the given names and clauses have: texts about them may have these too."""
    return MARKUP & frozenset().union(*strings)


def echo(text: str, allowed: frozenset[str] = frozenset()) -> list[Finding]:
    """No words of the prompt, role markers, HTML entities or markup (but what is `allowed`), and some letter at all."""
    if strange := [character for character in text if character in MARKUP - allowed]:
        return [Finding("GG603", f"expected plain text, found {strange[0]!r}", "write only what is said")]
    if match := _ECHO.search(text):
        return [Finding("GG603", f"expected plain text, found {match[0].strip()!r}", "write only what is said")]
    if not any(map(str.isalpha, text)):
        return [Finding("GG603", f"expected words, found {text[:40]!r}", "write a sentence")]
    return []


def length(
    text: str, kind: str, schema: Mapping[str, object] | None = None, language: str = "en", lenient: bool = False
) -> list[Finding]:
    """The fragment's characters, and for English the words of the card's kind.

    lenient: any number of words up to twice the usual, as people write them when they must.
    """
    found = []
    low, high = (schema or {}).get("minLength", 0), (schema or {}).get("maxLength", len(text))
    if isinstance(low, int) and isinstance(high, int) and not low <= len(text) <= high:
        found.append(Finding("GG604", f"expected {low} to {high} characters, found {len(text)}", "make it fit"))
    if english(language) and kind in WORD_BOUNDS:
        least, most = WORD_BOUNDS[kind]
        if lenient:
            least, most = 1, 2 * most
        count = len(text.split())
        if not least <= count <= most:
            found.append(Finding("GG604", f"expected {least} to {most} words, found {count}", "make it fit"))
    return found


def ending(text: str, kind: str) -> list[Finding]:
    """A sentence ends in a stop, and not in the middle; a title has no final stop."""
    if kind == "quest_title":
        if _TITLE_STOP.search(text):
            return [Finding("GG605", f"expected a title without final stop, found {text[-1]!r}", "take it off")]
        last = words(text)[-1:]
    elif kind in WORD_BOUNDS:
        if not _ENDS.search(text):
            return [Finding("GG605", f"expected a stop at the end, found {text[-1:]!r}", "end the sentence")]
        last = words(text)[-1:] if text.endswith(".") else []
    else:
        return []
    if last and last[0] in _DANGLING:
        return [Finding("GG605", f"expected a whole sentence, found one that ends in {last[0]!r}", "finish it")]
    return []


def avoided(text: str, avoid: Iterable[str]) -> list[Finding]:
    """None of the words that the world avoids, as whole words in any case."""
    return [
        Finding("GG606", f"expected none of the words to avoid, found {word!r}", "say it otherwise")
        for word in _found(text, avoid)
    ]


def rated(text: str, rating: str, unrated: Iterable[str]) -> list[Finding]:
    """No word that the world's rating leaves out (`gamegen.ratings`)."""
    return [
        Finding("GG607", f"expected a text for {rating!r}, found {word!r}", "say it otherwise, or raise the rating")
        for word in _found(text, unrated)
    ]


def _found(text: str, banned: Iterable[str]) -> list[str]:
    """Those of the words that the text has, as whole words in any case."""
    folded = text.casefold().replace("’", "'")
    return [
        word
        for word in banned
        if (plain := word.casefold().replace("’", "'")) in folded
        and re.search(rf"(?<!\w){re.escape(plain)}(?!\w)", folded)
    ]


def copied(text: str, *examples: Copies) -> list[Finding]:
    """Not an example line, nor eight consecutive words of one."""
    if any(each.holds(text) for each in examples):
        return [Finding("GG608", "expected words of its own, found those of an example line", "write a new line")]
    return []


def unoriginal(text: str, originals: Copies) -> list[Finding]:
    """No eight words in a row of a text that the project keeps apart or of a line the model was taught on; nor the
    whole of such a line, if it has some words."""
    if originals.is_line(text, TAUGHT_WORDS):
        message = "expected words of its own, found a line that the model was taught on"
        return [Finding("GG613", message, "write a new line")]
    if originals.shares_run(text):
        message = "expected words of its own, found eight in a row of a text that is kept apart"
        hint = "write a new line; `originality` in gamegen.toml names the texts, and a tuned model brings its lines"
        return [Finding("GG613", message, hint)]
    return []


def named(text: str, names: Iterable[str]) -> list[Finding]:
    """Every name stands in the text; articles, letter case and plural endings aside."""
    own = [stem(word) for word in words(text)]
    return [
        Finding("GG610", f"expected {name!r} in the text, found {text!r}", "name it")
        for name in names
        if not _holds(own, [stem(word) for word in _without_article(words(name))])
    ]


def repeated(text: str) -> list[Finding]:
    """No word twice in a row, no run of four words twice."""
    if (match := _TWICE.search(text)) and match[1].casefold() not in _MAY_STAND_TWICE:
        return [Finding("GG611", f"expected no repetition, found {match[0]!r}", "say it once")]
    runs = list(_runs(tuple(words(text)), 4))
    twice = next((run for place, run in enumerate(runs) if run in runs[:place]), None)
    if twice is not None:
        return [Finding("GG611", f"expected no repetition, found {' '.join(twice)!r} twice", "say it once")]
    return []


def runs_on(text: str, names: Iterable[str] = ()) -> list[Finding]:
    """A space stands between two sentences. names: of the world, which may be written otherwise."""
    for match in _RUN_ON.finditer(text):
        if not any(match[0] in name for name in names):
            message = f"expected a space between two sentences, found {match[0]!r}"
            return [Finding("GG616", message, "put one there, and a capital")]
    return []


def english(language: str) -> bool:
    return language.lower().split("-")[0] == "en"


def _runs(sequence: tuple[str, ...], size: int) -> Iterable[tuple[str, ...]]:
    return (sequence[start : start + size] for start in range(len(sequence) - size + 1))


def _without_article(name: list[str]) -> list[str]:
    return name[1:] if len(name) > 1 and name[0] in ("the", "a", "an") else name


def _holds(text: list[str], part: list[str]) -> bool:
    return any(text[start : start + len(part)] == part for start in range(len(text) - len(part) + 1))


Rule = Callable[[str], list[Finding]]
