"""The texts of records by kind of card, and the fixed sample that variety is measured on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from gamegen._random import digest
from gamegen.near_duplicates import texts_in
from gamegen.records import JSON

SAMPLE = 500
"""Texts of which variety is measured, for it falls with their number: the first by a hash of text and place."""


def texts_by_kind(records: Iterable[Mapping[str, JSON]]) -> dict[str, list[str]]:
    """Kind of card -> its texts, by a hash of text and line id, so that a sample does not depend on the records' order.

    Texts of unknown kinds of card stand under the kind of record.
    """
    found: dict[str, list[tuple[bytes, str]]] = defaultdict(list)
    for record in records:
        for line, kind, text in texts_in(record):
            found[kind].append((digest("quality", f"{record['id']}/{line}", text), text))
    return {kind: [text for _, text in sorted(texts)] for kind, texts in sorted(found.items())}
