"""Names and sentences of the world as parts of a plan's clauses, within the text profile of the records."""

from __future__ import annotations

import re
import unicodedata

_LOWERED = frozenset(
    """
    a an the this that these those there here it its he his she her they their we our you your my all any both each
    either every few half many more most much neither no nobody none nothing once one only several some someone somebody
    something such two three four five six seven eight nine ten twelve twenty after although as at before behind below
    beneath beside between beyond by during for from if in inside near of on over since through to under until when
    where while with within without
    """.split()  # noqa: SIM905
)
"""First words of a sentence that lose their capital inside another one; any other may be a name."""


_END = re.compile(r"(?<!\b[A-Z])(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bDr)(?<!\bSt)[.!?]+\s")
"""Where a sentence ends and another begins; not after an initial or a title."""


def noun(name: str) -> str:
    """A name as it stands in a text: one line in NFC, no double quotation mark, literal braces doubled."""
    plain = " ".join(unicodedata.normalize("NFC", name).split())
    return plain.replace('"', "’").replace("{", "{{").replace("}", "}}")


def clause(sentence: str) -> str:
    """The first sentence of a text as a clause: no final stop, no capital that only began the sentence."""
    first = _END.split(noun(sentence), maxsplit=1)[0].rstrip(".!?… ")
    head, space, rest = first.partition(" ")
    return f"{head.lower()}{space}{rest}" if head.lower() in _LOWERED else first


def sentence(text: str) -> str:
    """A clause as a sentence: a capital first, a stop last; a question keeps its mark."""
    stop = "" if text.endswith(("?", "!", ".")) else "."
    return f"{text[:1].upper()}{text[1:]}{stop}"
