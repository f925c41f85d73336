"""The profile ``godot``: the records in one file, and scripts that load and play them.

Godot reads every number of JSON as a float; the player's script makes integers of them, so none may be past what a
float holds exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

from gamegen.records import JSON

from .json_profile import DOUBLE, NOT_FOR_PLAYERS, VERSION, Record, accepted, encoded, runtime, state_variables

SCRIPTS = ("gamegen_load.gd", "gamegen_player.gd")


def render(records: Sequence[Record]) -> dict[str, str]:
    """``gamegen.json``, ``gamegen_load.gd`` (reads it) and ``gamegen_player.gd`` (plays a dialogue).

    Raises InvalidContent (GG050, GG051, GG052, GG054, GG055, GG316).
    """
    held = accepted(records, "godot", DOUBLE)
    kinds: dict[str, list[JSON]] = {"dialogue": [], "quest": [], "character": []}
    for record in held:
        kinds[record["kind"]].append({name: record[name] for name in record if name not in NOT_FOR_PLAYERS})
    content = {
        "format": "gamegen",
        "profile": "godot",
        "version": VERSION,
        "variables": state_variables(held),
        **{f"{kind}s": found for kind, found in kinds.items()},
    }
    return {"gamegen.json": encoded(content), **{name: runtime(name) for name in SCRIPTS}}
