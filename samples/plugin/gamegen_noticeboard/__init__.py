"""A sample plugin: the hooks. The kind `rumor` needs none; it comes from the data folders beside this file."""

from __future__ import annotations

import gamegen
from gamegen_noticeboard.notice import GENERATOR
from gamegen_noticeboard.sheet import EXPORTER


@gamegen.hookimpl
def gamegen_generators() -> list[gamegen.Generator]:
    return [GENERATOR]


@gamegen.hookimpl
def gamegen_exporters() -> list[gamegen.Exporter]:
    return [EXPORTER]
