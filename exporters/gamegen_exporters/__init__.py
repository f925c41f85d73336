"""Exporters that ship with gamegen: Ink, Yarn and JSON. They come through the same hook as everyone's."""

from __future__ import annotations

from collections.abc import Iterable

from gamegen.hookspecs import Exporter, hookimpl


@hookimpl
def gamegen_exporters() -> Iterable[Exporter]:
    from gamegen_exporters import ink, json, yarn

    return (ink.EXPORTER, json.EXPORTER, yarn.EXPORTER)
