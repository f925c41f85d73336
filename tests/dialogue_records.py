"""Hand-written dialogue records for the tests."""

from __future__ import annotations

from typing import Any

from gamegen.records import line_id


def text(key: str, words: str, record: str = "talk_0001") -> dict[str, str]:
    return {"id": line_id(record, key), "text": words}


def node(id: str, *, says: str = "Well.", speaker: str = "mira", **rest: Any) -> dict[str, Any]:
    return {"id": id, "speaker": speaker, "lines": [text(f"nodes/{id}/lines/0", says)], **rest}


def choice(id: str, at: str, **rest: Any) -> dict[str, Any]:
    return {"id": id, "text": text(f"nodes/{at}/choices/{id}", f"Choose {id}."), **rest}


def leaf(type: str, id: str, op: str, value: Any) -> dict[str, Any]:
    return {"type": type, "id": id, "op": op, "value": value}


def effect(type: str, id: str, op: str, value: Any) -> dict[str, Any]:
    return {"type": type, "id": id, "op": op, "value": value}


def forge() -> dict[str, Any]:
    """A small dialogue that uses everything once: hub, once, check, item, flag, quest, locals, two ends."""
    secret = {"all": [leaf("local", "trust", ">=", 2), {"not": leaf("flag", "guild_hostile", "==", True)}]}
    return {
        "kind": "dialogue",
        "id": "talk_0001",
        "schema_version": 1,
        "topic": "the lens",
        "participants": ["mira", "oren"],
        "location": "forge",
        "variables": [{"id": "trust", "type": "int", "initial": 0}],
        "start": "greet",
        "nodes": [
            node("greet", says="{player}, is it? {{Ha}}.", goto="hub"),
            node(
                "hub",
                says="What else?",
                choices=[
                    choice("weather", "hub", goto="rain", once=True, effects=[effect("local", "trust", "add", 1)]),
                    choice("ore", "hub", goto="iron", condition=leaf("item", "ore", ">=", 1)),
                    choice(
                        "press",
                        "hub",
                        once=True,
                        check={"skill": "persuasion", "dc": 12, "success": "soft", "failure": "hard"},
                    ),
                    choice("secret", "hub", goto="sold", condition=secret),
                    choice("leave", "hub", goto="bye"),
                ],
            ),
            node("rain", says="Rain again.", speaker="oren", goto="hub"),
            node("iron", says="Good ore.", effects=[effect("item", "ore", "add", -1)], goto="hub"),
            node("soft", says="Fine, then.", effects=[effect("local", "trust", "add", 1)], goto="hub"),
            node("hard", says="No.", effects=[effect("flag", "guild_hostile", "set", True)], goto="hub"),
            node("sold", says="The master sold it.", facts=["lens_was_sold"], end="learned"),
            node("bye", says="Mind the step.", end="left"),
        ],
        "ends": [
            {"id": "learned", "outcome": "told", "effects": [effect("quest", "find_lens", "set", "ask_master")]},
            {"id": "left", "outcome": "nothing"},
        ],
        "refs": [
            {"type": "character", "id": "mira", "name": "Mira Voss"},
            {"type": "character", "id": "oren", "name": "Oren Tal"},
            {"type": "fact", "id": "lens_was_sold", "name": "The harbor master sold the lens."},
            {"type": "flag", "id": "guild_hostile", "name": "guild_hostile", "value_type": "bool", "initial": False},
            {"type": "item", "id": "ore", "name": "iron ore", "value_type": "int", "initial": 0},
            {"type": "location", "id": "forge", "name": "Voss Forge"},
            {
                "type": "quest",
                "id": "find_lens",
                "name": "The Lens",
                "value_type": "string",
                "initial": "inactive",
                "values": ["inactive", "ask_master", "done"],
            },
        ],
        "placeholders": [{"name": "player", "value": "Ada"}],
    }
