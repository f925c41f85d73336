"""What an exporter writes for records, whole, whichever way it gives it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from gamegen.hookspecs import Rendered
from gamegen.records import JSON

Files = Mapping[str, str | bytes]
Render = Callable[..., Rendered]


def rendered(
    render: Render, streams: bool, records: Sequence[Mapping[str, JSON]], options: Mapping[str, JSON]
) -> Files:
    """Path to content. streams: give the records as an iterator, else as a list."""
    found = render(iter(records) if streams else list(records), options)
    if isinstance(found, Mapping):
        return found
    pieces: dict[str, list[str | bytes]] = {}
    for name, piece in found:
        pieces.setdefault(name, []).append(piece)
    return {name: _joined(parts) for name, parts in pieces.items()}


def _joined(parts: Sequence[str | bytes]) -> str | bytes:
    text = [part for part in parts if isinstance(part, str)]
    if len(text) == len(parts):
        return "".join(text)
    return b"".join(part.encode() if isinstance(part, str) else part for part in parts)


def digests(files: Files) -> dict[str, str]:
    """The SHA-256 of each file."""
    return {
        name: sha256(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content).hexdigest()
        for name, content in files.items()
    }


def whole_digest(files: Files) -> str:
    """One for all files."""
    return sha256(json.dumps(digests(files), sort_keys=True).encode()).hexdigest()


def encodes(content: str | bytes) -> bool:
    """Whether the content can be written as UTF-8."""
    try:
        if isinstance(content, str):
            content.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
