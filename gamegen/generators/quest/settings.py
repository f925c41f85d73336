"""What a brief may fix of a quest, and how it is checked against the world."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from gamegen.errors import UsageError
from gamegen.generators.quest.cast import Wanted
from gamegen.generators.quest.derivation import DEEPEST
from gamegen.generators.quest.grammar import MOTIVATIONS, SLUGS, STRATEGIES
from gamegen.generators.quest.rewards import LEVELS
from gamegen.naming import did_you_mean, unknown_id
from gamegen.records import JSON
from gamegen.world import Character, World

TYPES = ("main", "side")
MOST_ENDINGS = 4
MOST_OPTIONAL = 3
LONGEST_CHAIN = 12


def _integer(low: int, high: int, description: str) -> Mapping[str, JSON]:
    return {"type": "integer", "minimum": low, "maximum": high, "description": description}


def _id(description: str) -> Mapping[str, JSON]:
    return {"type": "string", "description": description}


SETTINGS: Mapping[str, Mapping[str, JSON]] = {
    "giver": _id("The id of the character who gives the quest (with chain: all of a line)."),
    "motivation": {
        "enum": [*MOTIVATIONS, *SLUGS],
        "description": "Why it is given: one of the nine motivations, or a strategy of one of them.",
    },
    "strategy": {"enum": [*SLUGS], "description": "How it goes about it: the name of a strategy as an id."},
    "target": _id("The id of the item, creature or character that it is about."),
    "location": _id("The id of the location where the deed or its target is."),
    "rival": _id("The id of the character whom the player may side with instead of the giver."),
    "level": _integer(LEVELS.start, LEVELS.stop - 1, "The player's level: sets dangers and rewards."),
    "type": {"enum": list(TYPES), "description": "A main quest pays one and a half times as much."},
    "depth": _integer(0, DEEPEST, "How deep hints, trades and favors are nested in the strategy."),
    "endings": _integer(1, MOST_ENDINGS, "How many outcomes of success it has."),
    "optional": _integer(0, MOST_OPTIONAL, "How many optional objectives it has."),
    "fails": {"type": "boolean", "description": "Whether it can fail."},
    "reward": _id("The id of the item that is paid."),
    "tone": {"type": "string", "minLength": 1, "maxLength": 40, "description": "The tone of its texts, in a word."},
    "chain": _integer(1, LONGEST_CHAIN, "The length of the quest lines that the records form."),
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """The settings of a brief, checked against the world; None where the plan may choose."""

    giver: Character | None = None
    motivation: str | None = None
    strategy: str | None = None
    """A strategy's name."""
    wanted: Wanted = field(default_factory=Wanted)
    type: str | None = None
    depth: int | None = None
    endings: int | None = None
    optional: int | None = None
    fails: bool | None = None
    reward: str | None = None
    tone: str | None = None
    chain: int = 1

    @property
    def fixed(self) -> Literal["", "motivation", "strategy"]:
        """What of motivation and strategy is fixed."""
        if self.strategy is not None:
            return "strategy"
        return "motivation" if self.motivation is not None else ""


def wishes(world: World, settings: Mapping[str, JSON]) -> Wishes:
    """The wishes of a brief.

    Raises UsageError: GG400 for a world without a location or a character, GG004 for a setting that does not exist,
    GG005 for a value that is not allowed or names nothing of the world.
    """
    for table, what in ((world.locations, "location"), (world.characters, "character")):
        if not table:
            message = f"a quest needs at least one {what}, the world has none"
            raise UsageError.of("GG400", message, f"add a [[{what}]]", path=world.path)
    for key, value in settings.items():
        if key not in SETTINGS:
            raise UsageError.of("GG004", f"quest takes no setting {key!r}", did_you_mean(key, SETTINGS))
        _check(key, value)
    for key, known in (
        ("giver", world.characters),
        ("rival", world.characters),
        ("location", world.locations),
        ("reward", world.items),
        ("target", {**world.items, **world.creatures, **world.characters}),
    ):
        id = settings.get(key)
        if id is not None and id not in known:
            what = {"giver": "character", "rival": "character", "reward": "item"}.get(key, key)
            raise unknown_id(what, str(id), known)
    motivation, strategy = settings.get("motivation"), settings.get("strategy")
    if motivation is not None and motivation not in MOTIVATIONS:
        if strategy is not None and SLUGS[strategy] != SLUGS[motivation]:
            message = f"motivation {motivation} and strategy {strategy} name two strategies"
            raise UsageError.of("GG005", message, "leave out one of them")
        motivation, strategy = None, motivation
    own = next((each.motivation for each in STRATEGIES if each.name == SLUGS.get(strategy or "")), motivation)
    if motivation is not None and own != motivation:
        message = f"strategy {strategy} is one of {own}: motivation {motivation} excludes it"
        raise UsageError.of("GG005", message, "leave out one of them")
    if settings.get("reward") is not None and settings.get("chain", 1) > 1:
        message = "settings reward and chain exclude each other: a line of quests cannot pay one item again and again"
        raise UsageError.of("GG005", message, "leave out one of them")
    giver, rival = settings.get("giver"), settings.get("rival")
    return Wishes(
        world.characters[giver] if giver is not None else None,
        motivation,
        SLUGS[strategy] if strategy is not None else None,
        Wanted(
            settings.get("level"),
            settings.get("location"),
            settings.get("target"),
            world.characters[rival] if rival is not None else None,
        ),
        settings.get("type"),
        settings.get("depth"),
        settings.get("endings"),
        settings.get("optional"),
        settings.get("fails"),
        settings.get("reward"),
        settings.get("tone"),
        settings.get("chain", 1),
    )


def _check(key: str, value: JSON) -> None:
    """Raises UsageError (GG005) for a value that the setting's schema does not allow."""
    schema = SETTINGS[key]
    kind = schema.get("type")
    if "enum" in schema and value not in schema["enum"]:
        shown: Collection[str] = MOTIVATIONS if key == "motivation" else schema["enum"]
        hint = did_you_mean(str(value), schema["enum"])
        raise UsageError.of("GG005", f"setting {key}: expected one of {', '.join(shown)}, found {value!r}", hint)
    if kind == "integer":
        low, high = schema["minimum"], schema["maximum"]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            message = f"setting {key}: expected an integer from {low} to {high}, found {value!r}"
            raise UsageError.of("GG005", message, f"for example {min(3, high)}")
    if kind == "boolean" and not isinstance(value, bool):
        raise UsageError.of("GG005", f"setting {key}: expected true or false, found {value!r}", "for example true")
    if kind == "string" and not isinstance(value, str):
        raise UsageError.of("GG005", f"setting {key}: expected a text, found {value!r}", "give an id or a word")
    if key == "tone" and not 1 <= len(" ".join(value.split())) <= schema["maxLength"]:
        message = f"setting tone: expected 1 to {schema['maxLength']} characters, found {len(value)}"
        raise UsageError.of("GG005", message, "for example wry")
