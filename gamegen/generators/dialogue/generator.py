"""The dialogue kind: a tree of nodes, lines and choices. Its meaning is gamegen/play.py."""

from __future__ import annotations

from gamegen import _resources
from gamegen.cards import fields_of
from gamegen.generators.dialogue.plan import SETTINGS, plan
from gamegen.generators.dialogue.quest import resolve
from gamegen.generators.dialogue.write import write
from gamegen.hookspecs import Generator
from gamegen.schema import load_schema

GENERATOR = Generator(
    kind="dialogue",
    schema=load_schema("dialogue"),
    plan=plan,
    write=write,
    templates=_resources.folder("templates"),
    settings=SETTINGS,
    cards=fields_of("npc_line", "player_choice"),
    resolve=resolve,
)
