"""Plan a dialogue: who talks, about what and in which pattern; then the tree, grown to its size.

Every plan has a farewell that can always be reached, typed variables that are each tested, and at every choice point a
choice that is always open. Size, pattern and number of ends follow shipped dialogues (settings.py); the same
brief and seed give the same plan, whatever else is planned.
"""

from __future__ import annotations

from gamegen.generators.dialogue.cast import cast
from gamegen.generators.dialogue.document import document, ordered, outline
from gamegen.generators.dialogue.growth import build
from gamegen.generators.dialogue.material import Material
from gamegen.generators.dialogue.settings import SETTINGS, wishes
from gamegen.generators.dialogue.talk import Talk
from gamegen.generators.dialogue.write import text_specs
from gamegen.records import Brief, Plan
from gamegen.world import World

__all__ = ["SETTINGS", "plan"]


def plan(world: World, brief: Brief, seed: int) -> Plan:
    """Decide everything but the words. Raises UsageError (GG004, GG005) for settings that cannot be met."""
    wanted = wishes(world, brief, seed)
    talk = Talk(world, cast(world, brief, seed, wanted.nodes), brief, seed, wanted)
    build(talk, Material(talk))
    ordered(talk.tree)
    record = document(brief.id, talk)
    return Plan(
        kind="dialogue",
        id=brief.id,
        seed=seed,
        data={
            "document": record,
            "texts": text_specs(talk.tree, world, wanted.tone),
            "patterns": list(talk.patterns),
            "outline": outline(record, talk),
        },
        context=world.text_context(),
        entries={ref["id"]: world.entry_hash(ref["id"]) for ref in record["refs"] if ref["type"] != "quest"},
    )
