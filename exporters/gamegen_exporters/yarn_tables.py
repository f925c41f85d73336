"""The string table and the metadata table of a Yarn project, as CSV.

They are read from the rendered files, as the compiler reads them: what a table says of a line is what the line says.
Columns, texts and locks are those of Yarn Spinner's own tools: the string table of Yarn Spinner for Unity, the metadata
table of `ysc compile`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gamegen.records import lock_of

STRINGS = ("language", "id", "text", "file", "node", "lineNumber", "lock", "comment")
METADATA = ("id", "node", "lineNumber", "tags")

_SPOKEN = re.compile(
    r"\s*(?:-> )?"
    r"(?P<text>(?:\\.|\{[^}]*\}|[^\\{#<])+?)"
    r'(?: <<if (?:"[^"]*"|[^"])*?>>)?'
    r"(?P<tags>(?: #[^\s#]+)+)"
)
"""A line or option with tags. In a text `#` and `<` always have a backslash, so the first bare one ends it."""
LAST_LINE = "lastline"
"""The tag that the compiler gives a line right before options."""
_ESCAPED = re.compile(r"\\([\\{}#<>/])|\\[\[\]]|\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line or option as the compiler sees it. `number` counts the lines of its file from 1."""

    id: str
    text: str
    file: str
    node: str
    number: int
    tags: tuple[str, ...]
    """Without the line id."""


def spoken(files: Mapping[str, Sequence[str]]) -> Iterator[Spoken]:
    """Everything with a line id, in the order of the files."""
    for file, lines in files.items():
        node, inside = "", False
        for number, line in enumerate(lines, 1):
            if line in ("---", "==="):
                inside = line == "---"
            elif not inside:
                node = line.removeprefix("title: ") if line.startswith("title: ") else node
            elif found := _SPOKEN.fullmatch(line):
                tags = [tag.removeprefix("#") for tag in found["tags"].split()]
                ids = [tag for tag in tags if tag.startswith("line:")]
                others = tuple(tag for tag in tags if not tag.startswith("line:"))
                if lines[number].startswith("-> ") and not line.lstrip().startswith("-> "):
                    others += (LAST_LINE,)
                if ids:
                    yield Spoken(ids[0], composed(found["text"]), file, node, number, others)


def composed(source: str) -> str:
    """The text in the compiler's string table: escapes undone save those of markup, expressions numbered."""
    count = 0

    def one(match: re.Match[str]) -> str:
        nonlocal count
        if match.group().startswith("{"):
            count += 1
            return f"{{{count - 1}}}"
        return match.group(1) or match.group()

    return _ESCAPED.sub(one, source)


def string_table(files: Mapping[str, Sequence[str]], language: str) -> str:
    """A row for each line and option; the comment names its tags, as the export of Yarn Spinner for Unity does."""
    rows = (
        (language, one.id, one.text, one.file, one.node, one.number, lock_of(one.text), _comment(one.tags))
        for one in spoken(files)
    )
    return _csv((STRINGS, *rows))


def metadata_table(files: Mapping[str, Sequence[str]]) -> str:
    """A row for each line and option that has tags: one field a tag, so rows differ in length, as those of ysc do."""
    return _csv((METADATA, *((one.id, one.node, one.number, *one.tags) for one in spoken(files) if one.tags)))


def _comment(tags: Sequence[str]) -> str:
    return f"Line metadata: {' '.join(tags)}" if tags else ""


def _csv(rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
