"""The kinds that ship with gamegen: ordinary plugins."""

from __future__ import annotations

from gamegen.hookspecs import Generator, hookimpl


@hookimpl
def gamegen_generators() -> list[Generator]:
    from gamegen.generators.character import generator as character
    from gamegen.generators.dialogue import generator as dialogue
    from gamegen.generators.quest import generator as quest

    return [quest.GENERATOR, dialogue.GENERATOR, character.GENERATOR]
