"""The format ``twee``: dialogues as a Twee 3 story for Twine. Built on the public contract of gamegen alone."""

from __future__ import annotations

from collections.abc import Iterable

from gamegen.hookspecs import Exporter, hookimpl


@hookimpl
def gamegen_exporters() -> Iterable[Exporter]:
    from gamegen_twee.story import EXPORTER

    return (EXPORTER,)
