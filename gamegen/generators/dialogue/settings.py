"""What a brief may set of a dialogue, and what is sampled where it does not: size, main pattern, ends, checks, tone.

The size follows shipped dialogues (159 of them: median 21 nodes, 10th percentile 8, 90th 60). Size, pattern and number
of ends are read off a low-discrepancy sequence over the ordinals of a block, so that a batch of thirty has the shape
that a batch of thousands has. The sequence is Kronecker's with the three constants of M. Roberts, *The Unreasonable
Effectiveness of Quasirandom Sequences* (2018), moved by an amount that is drawn for block and seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from gamegen._random import Stream, rendezvous
from gamegen.errors import UsageError
from gamegen.generators.dialogue.motifs import turn
from gamegen.naming import did_you_mean
from gamegen.records import JSON, Brief
from gamegen.world import World

FEWEST: Mapping[str, int] = {
    "hub": 4,
    "funnel": 9,
    "reconverge": 8,
    "negotiation": 9,
    "secret": 6,
    "quest": 9,
    "barks": 1,
}
"""Every pattern with the nodes that a dialogue of it has at least, greeting and farewell included."""
MOST = 80
WEIGHTS: tuple[tuple[str, float], ...] = (
    ("hub", 0.34),
    ("reconverge", 0.21),
    ("funnel", 0.12),
    ("negotiation", 0.18),
    ("secret", 0.10),
    ("barks", 0.05),
)
"""How often each is the main pattern, among those that the size allows; quest only by its setting."""
LARGEST_BARKS = 12
"""Nodes up to which a dialogue that may choose is one of barks."""
SIZES: tuple[tuple[float, float], ...] = (
    (0.0, 5), (0.1, 8), (0.25, 13), (0.4, 18), (0.5, 21), (0.6, 26), (0.75, 37), (0.9, 60), (0.96, 74), (1.0, 81),
)  # fmt: skip
"""Quantiles of a log-normal distribution through the percentiles of shipped dialogues, linear between them."""
ENDINGS: tuple[tuple[float, int], ...] = ((0.22, 1), (0.70, 2), (0.92, 3), (1.0, 4))
"""Shares up to which a dialogue has so many ends: shipped ones have two."""
_STEPS = (0.8191725133961645, 0.6710436067037893, 0.5497004779019703)

QUEST: Mapping[str, JSON] = {
    "type": "object",
    "required": ["id", "giver", "task", "about", "offered", "active", "success"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "giver": {"type": "string"},
        "task": {"type": "string", "minLength": 1},
        "about": {"type": "string", "minLength": 1},
        "states": {"type": "array", "items": {"type": "string"}},
        "offered": {"type": "string"},
        "active": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "success": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "failed": {"type": "array", "items": {"type": "string"}},
        "reward": {"type": "string"},
    },
}
SETTINGS: dict[str, dict[str, JSON]] = {
    "character": {"type": "string", "description": "id of the person to talk with"},
    "other": {"type": "string", "description": "id of a second person who takes part"},
    "topic": {"type": "string", "description": "id of the fact that the talk is about; the person must know it"},
    "location": {"type": "string", "description": "id of the place"},
    "pattern": {"enum": list(FEWEST), "description": "what the talk is built on"},
    "nodes": {"type": "integer", "minimum": 1, "maximum": MOST, "description": "how many nodes"},
    "endings": {"type": "integer", "minimum": 1, "maximum": 4, "description": "how many ends"},
    "checks": {"type": "integer", "minimum": 0, "maximum": 4, "description": "how many skill checks"},
    "tone": {"type": "string", "minLength": 1, "maxLength": 40, "description": "the tone of every text"},
    "quest": {
        **QUEST,
        "description": "the quest that is offered and settled here",
        "x-gamegen": {"resolve": "record"},
    },
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the dialogue is to be. `fixed` are the settings that the brief gave; the others may yield to them."""

    nodes: int
    pattern: str
    endings: int
    checks: int
    tone: str
    quest: Mapping[str, JSON] | None
    fixed: frozenset[str]


def wishes(world: World, brief: Brief, seed: int) -> Wishes:
    """The settings, and samples for what they leave open. Raises UsageError (GG004, GG005)."""
    given = brief.settings
    for key in given:
        if key not in SETTINGS:
            raise UsageError.of("GG004", f"dialogue takes no setting {key!r}", did_you_mean(key, SETTINGS))
    sizes, patterns, ends = (_point(brief, seed, axis) for axis in range(3))
    quest = _quest(given.get("quest"))
    wanted = _pattern(given.get("pattern"), quest)
    _numbers(given)
    nodes = int(given.get("nodes") or sampled_size(sizes))
    endings = int(given.get("endings") or next(count for share, count in ENDINGS if ends < share or share == 1.0))
    checks = given.get("checks")
    extra = 2 * (checks or 0) + 2 * ((given.get("endings") or 1) - 1)
    if "nodes" not in given and extra:
        nodes = max(nodes, FEWEST["hub"] + 2 + extra)
    if wanted is not None:
        nodes = _fitting(nodes, wanted, extra, "nodes" in given)
    pattern = wanted or _choose(nodes, patterns, extra, checks)
    if checks == 0 and pattern == "negotiation":
        raise UsageError.of("GG005", "a negotiation has skill checks, but checks is 0", "set one of the two otherwise")
    if checks is None:
        least = 1 if pattern == "negotiation" else 0
        checks = max(least, min(Stream(seed, brief.id, "checks").choice((0, 1, 1, 2)), nodes // 9, 4))
        checks = max(checks, 2) if nodes >= 40 else checks
    if "endings" not in given:
        endings = max(1, min(endings, nodes // 5 if pattern != "barks" else 1 + (nodes >= 8)))
    return Wishes(nodes, pattern, endings, int(checks), _tone(world, brief, seed), quest, frozenset(given))


def sampled_size(share: float) -> int:
    """Nodes at this share (0 to 1) of the distribution."""
    for (low, fewer), (high, more) in pairwise(SIZES):
        if share < high:
            return min(MOST, int(fewer + (more - fewer) * (share - low) / (high - low) + 0.5))
    return MOST


def _point(brief: Brief, seed: int, axis: int) -> float:
    """The ordinal's number in [0, 1) on one of three axes."""
    return (Stream(seed, brief.block, "dialogue", "axis", axis).uniform() + brief.ordinal * _STEPS[axis]) % 1.0


def _choose(nodes: int, share: float, extra: int, checks: JSON) -> str:
    """The pattern at this share of the weights. extra: nodes that the wanted checks and ends take."""
    if nodes < FEWEST["hub"]:
        return "barks"
    fits = [
        (name, weight)
        for name, weight in WEIGHTS
        if (name == "hub" or FEWEST[name] + extra <= nodes)
        and not (name == "barks" and (extra or nodes > LARGEST_BARKS))
        and not (name == "negotiation" and checks == 0)
    ]
    left = share * sum(weight for _, weight in fits)
    for name, weight in fits:
        left -= weight
        if left < 0:
            return name
    return fits[-1][0]


def _fitting(nodes: int, pattern: str, extra: int, fixed: bool) -> int:
    """The size for a wanted pattern, which raises a sampled one and refuses a set one that is too small."""
    fewest = FEWEST[pattern]
    if fixed and nodes < fewest:
        raise UsageError.of(
            "GG005", f"the pattern {pattern} needs at least {fewest} nodes, found nodes = {nodes}", "ask for more nodes"
        )
    if fixed:
        return nodes
    if pattern == "barks":
        return max(1 + 5 * bool(extra), min(nodes // 3, LARGEST_BARKS)) + extra
    return max(nodes, fewest + extra)


def _pattern(wanted: JSON, quest: Mapping[str, JSON] | None) -> str | None:
    if wanted is not None and wanted not in FEWEST:
        raise UsageError.of("GG005", f"setting pattern: no pattern {wanted!r}", did_you_mean(str(wanted), FEWEST))
    if quest is not None and wanted not in (None, "quest"):
        raise UsageError.of(
            "GG005", f"the setting quest goes with the pattern quest, found pattern = {wanted}", "leave out one of them"
        )
    if quest is None and wanted == "quest":
        raise UsageError.of("GG005", "the pattern quest needs the setting quest", "name a quest: FILE.jsonl#ID")
    return "quest" if quest is not None else wanted


def _quest(value: JSON) -> Mapping[str, JSON] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise UsageError.of(
            "GG005", f"setting quest: expected an object, found {value!r}", "the command line resolves FILE.jsonl#ID"
        )
    missing = [key for key in QUEST["required"] if not value.get(key)]
    if missing:
        hint = "name a quest record: FILE.jsonl#ID"
        raise UsageError.of("GG005", f"setting quest: {', '.join(missing)} missing", hint)
    return value


def _numbers(given: Mapping[str, JSON]) -> None:
    for key in ("nodes", "endings", "checks"):
        value, low, high = given.get(key), SETTINGS[key]["minimum"], SETTINGS[key]["maximum"]
        if value is not None and (type(value) is not int or not low <= value <= high):
            raise UsageError.of(
                "GG005",
                f"setting {key}: expected an integer from {low} to {high}, found {value!r}",
                f"for example {low}",
            )
    tone = given.get("tone")
    if tone is not None and (not isinstance(tone, str) or not 1 <= len(tone) <= 40):
        raise UsageError.of("GG005", f"setting tone: expected at most 40 characters, found {tone!r}", "shorten it")


def _tone(world: World, brief: Brief, seed: int) -> str:
    """The wanted tone; else the world's tones take turns over the ordinals."""
    if tone := brief.settings.get("tone"):
        return str(tone)
    order = rendezvous(dict.fromkeys(world.tone), seed, brief.block, "dialogue", "tone")
    return order[turn(len(order), brief.ordinal)] if order else ""
