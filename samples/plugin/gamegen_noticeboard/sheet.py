"""A spreadsheet of every text: record, line id, text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gamegen


def texts(value: Any) -> Iterator[tuple[str, str]]:
    """(line id, text) of every text object in a record, in the order of the record."""
    if isinstance(value, dict):
        if value.keys() == {"id", "text"}:
            yield value["id"], value["text"]
        else:
            for part in value.values():
                yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def render(records: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> dict[str, str]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["record", "line", "text"])
    for record in records:
        writer.writerows([record["id"], line, text] for line, text in texts(dict(record)))
    return {"texts.csv": out.getvalue()}


EXPORTER = gamegen.Exporter(format="sheet", kinds=(), render=render)
