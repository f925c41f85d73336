"""The quest kind: a state machine of stages, objectives and outcomes, planned after Doran and Parberry (2011)."""

from __future__ import annotations

from gamegen import _resources
from gamegen.cards import fields_of
from gamegen.generators.quest.plan import SETTINGS, plan
from gamegen.generators.quest.write import write
from gamegen.hookspecs import Generator
from gamegen.schema import load_schema

GENERATOR = Generator(
    kind="quest",
    schema=load_schema("quest"),
    plan=plan,
    write=write,
    templates=_resources.folder("templates"),
    settings=SETTINGS,
    cards=fields_of("quest_title", "quest_summary", "journal", "objective"),
)
