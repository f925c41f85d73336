"""The work that every side gets: one schema, one shared beginning of the prompt, and a request for each record.

It travels to the drivers as one JSON file, so that no side can ask for anything else.
"""

from __future__ import annotations

import json
from typing import Any

JSON = Any

GIVERS = ("Mira Voss", "Oren Tal", "Hessa Bram", "Calder Nyme", "Sefi Lowgate")

SCHEMA: dict[str, JSON] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 4, "maxLength": 48},
        "giver": {"enum": list(GIVERS)},
        "level": {"type": "integer", "minimum": 1, "maximum": 20},
        "summary": {"type": "string", "minLength": 40, "maxLength": 200},
        "objectives": {
            "type": "array",
            "minItems": 3,
            "maxItems": 3,
            "items": {"type": "string", "minLength": 12, "maxLength": 80},
        },
        "reward": {
            "type": "object",
            "properties": {
                "gold": {"type": "integer", "minimum": 10, "maximum": 500},
                "xp": {"type": "integer", "minimum": 50, "maximum": 2000},
            },
            "required": ["gold", "xp"],
            "additionalProperties": False,
        },
    },
    "required": ["title", "giver", "level", "summary", "objectives", "reward"],
    "additionalProperties": False,
}
"""What the peers' grammars are made from, and what every record is judged by (Draft 2020-12)."""

SAMPLING: dict[str, float] = {"temperature": 0.7, "top_p": 0.92, "min_p": 0.05, "top_k": 0, "repetition_penalty": 1.0}

MAX_TOKENS = 384
"""New tokens of a record at most. The bounds allow 488 characters of open text and 137 around them; at the four
characters that an English token holds on average that is under 160 tokens, at half of that still under 320."""

SEED = 7

EXAMPLE: dict[str, JSON] = {
    "title": "Tar for the Old Light",
    "giver": "Calder Nyme",
    "level": 4,
    "summary": "The lighthouse burns tar and the tar runs out on Friday. Bring him two casks before the fog does.",
    "objectives": [
        "Buy two casks of tar at the rope yard.",
        "Carry the casks past the guild's lamp wardens.",
        "Light the beacon before the night tide.",
    ],
    "reward": {"gold": 60, "xp": 250},
}

_SYSTEM = (
    "You write quests for Saltmarrow, a fog-bound harbor town ruled by the Lantern Guild. "
    "Answer with one quest as one line of JSON and nothing else."
)
_PLACES = ("the forge", "the salt market", "the drowned chapel", "the harbor office", "the sea wall", "the eel docks")
_TROUBLES = (
    "a key is missing",
    "somebody waters the lamp oil",
    "a bell rings under the water",
    "the ferry does not come back",
    "a debt falls due at midwinter",
    "three sacks of grain are gone",
    "the pilots will not sail",
)


def compact(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def shared_prompt() -> str:
    """The beginning that all prompts have: the instruction and one answered request, in ChatML turns."""
    return (
        f"<|im_start|>system\n{_SYSTEM}<|im_end|>\n"
        f"<|im_start|>user\n{_request('Calder Nyme', 'the lighthouse', 'the tar runs out', 4)}<|im_end|>\n"
        f"<|im_start|>assistant\n{compact(EXAMPLE)}<|im_end|>\n"
        "<|im_start|>user\n"
    )


def own_prompt(index: int) -> str:
    """What the request of this number adds; the lengths of the three lists share no factor, so 210 differ."""
    giver, place = GIVERS[index % len(GIVERS)], _PLACES[index % len(_PLACES)]
    request = _request(giver, place, _TROUBLES[index % len(_TROUBLES)], 1 + index % 20)
    return f"{request}<|im_end|>\n<|im_start|>assistant\n"


def _request(giver: str, place: str, trouble: str, level: int) -> str:
    return f"A quest that {giver} gives at {place}: {trouble}. Level {level}."


def work(count: int) -> dict[str, JSON]:
    """Everything that a driver needs but the paths of its model."""
    return {
        "schema": SCHEMA,
        "sampling": SAMPLING,
        "max_tokens": MAX_TOKENS,
        "seed": SEED,
        "shared": shared_prompt(),
        "prompts": [own_prompt(index) for index in range(count)],
    }
