"""The kinds that ship with gamegen: ordinary plugins."""

from __future__ import annotations

from gamegen.hookspecs import Generator, hookimpl


@hookimpl
def gamegen_generators() -> list[Generator]:
    from gamegen.generators import character, dialogue, quest

    return [quest.GENERATOR, dialogue.GENERATOR, character.GENERATOR]
