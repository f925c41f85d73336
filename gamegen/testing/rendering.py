"""What an exporter writes for records, whole, whichever way it gives it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from gamegen.hookspecs import Rendered, whole
from gamegen.records import JSON

Files = Mapping[str, str | bytes]
Render = Callable[..., Rendered]


def rendered(
    render: Render, streams: bool, records: Sequence[Mapping[str, JSON]], options: Mapping[str, JSON]
) -> Files:
    """Path to content. streams: give the records as an iterator, else as a list."""
    return whole(render(iter(records) if streams else list(records), options))


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
