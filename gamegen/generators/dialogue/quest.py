"""The setting `quest` of a dialogue, made from a quest: its record, its plan, or `FILE.jsonl#ID`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gamegen.errors import UsageError
from gamegen.naming import did_you_mean
from gamegen.records import JSON, Plan, Record

LONGEST_TASK = 110
"""Characters of a task clause."""
_CLAUSES: Mapping[str, str] = {
    "kill": "deal with {target}",
    "damage": "deal with {target}",
    "capture": "capture {target}",
    "deliver": "bring {target} to {to}",
    "exchange": "trade {target}",
    "steal": "take {target} from {place}",
    "take": "take {target} from {place}",
    "gather": "fetch {target} from {place}",
    "escort": "bring {target} home safely",
    "repair": "repair {target}",
    "defend": "defend {target}",
    "experiment": "try {target} at {place}",
    "use": "try {target} at {place}",
    "read": "read {target}",
    "spy": "watch {target}",
    "sneak": "get into {target} unseen",
    "escape": "get away from {target}",
    "explore": "search {target}",
    "interview": "speak to {target}",
    "goto": "go to {target}",
}
"""An infinitive clause for the objective of each verb; the first verb that a quest has says most about it."""


def quest_setting(quest: Plan | Record | Mapping[str, JSON]) -> dict[str, JSON]:
    """The setting from a quest's record, its plan, or the data of either.

    The task is what the plan's summary has to say, else a summary that begins with a verb of a task, else the most
    telling objective. Raises UsageError (GG005) for what is no quest.
    """
    data = quest if isinstance(quest, Mapping) else quest.data
    document: Mapping[str, JSON] = data.get("document", data)
    if document.get("kind") != "quest":
        raise UsageError.of("GG005", f"expected a quest, found a {document.get('kind')}", "name a quest")
    names = {ref["id"]: ref["name"] for ref in document["refs"]}
    objective = _telling(document)
    outcomes = document["outcomes"]
    success = [each["id"] for each in outcomes if each["status"] == "success"]
    failed = [each["id"] for each in outcomes if each["status"] != "success"]
    active = [stage["id"] for stage in document["stages"]]
    title, coins = document.get("title"), int(document.get("rewards", {}).get("currency", 0))
    setting: dict[str, JSON] = {
        "id": document["id"],
        "giver": document["giver"],
        "task": _task(data, document, objective, names),
        "about": names.get(objective["target"], objective["target"]),
        "states": ["inactive", *active, *success, *failed],
        "offered": "inactive",
        "active": active,
        "success": success,
        "failed": failed,
    }
    if isinstance(title, Mapping) and title.get("text"):
        setting["title"] = title["text"]
    if coins:
        setting["reward"] = f"{coins} coins"
    return setting


def resolve(origin: str, named: str) -> JSON:
    """The value of the setting `quest` for a quest that is named as `FILE.jsonl#ID`.

    Raises UsageError (GG005) for a name of another form or an id that the file does not have, InvalidInput for a file
    that cannot be read.
    """
    from gamegen.exporting import load_records

    file, mark, id = named.rpartition("#")
    if not mark or not file or not id:
        raise UsageError.of(
            "GG005", f"setting quest: expected FILE.jsonl#ID, found {named!r}", "quests.jsonl#quest_0001"
        )
    records = {record.id: record for record in load_records([Path(file)])}
    if id not in records:
        raise UsageError.of("GG005", f"setting quest: no record {id!r} in {file}", did_you_mean(id, records))
    return quest_setting(records[id])


def _telling(document: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """The objective that says most about the quest: by its verb, and the last one of that verb that is required."""
    found = [part for stage in document["stages"] for part in stage["objectives"]]
    order = list(_CLAUSES)
    required = [part for part in found if not part.get("optional") and part["target"] != document["giver"]] or found
    ranks = [order.index(part["verb"]) if part["verb"] in order else len(order) for part in required]
    best: Mapping[str, JSON] = required[ranks.index(min(ranks))]
    return best


def _task(
    data: Mapping[str, JSON], document: Mapping[str, JSON], objective: Mapping[str, JSON], names: Mapping[str, str]
) -> str:
    for text in data.get("texts", ()):
        if text["key"] == "summary":
            return str(text["card"]["must"]).partition("; ")[0].rstrip(".")
    summary = document.get("summary")
    if isinstance(summary, Mapping):
        first = str(summary.get("text", "")).partition(". ")[0].rstrip(".!")
        verb = first.partition(" ")[0].casefold()
        if verb in _VERBS and len(first) <= LONGEST_TASK:
            return first[:1].lower() + first[1:]
    known = {
        "target": names.get(objective["target"], objective["target"]),
        "place": names.get(objective["location"], objective["location"]),
        "to": names.get(str(objective.get("to", "")), "somebody"),
    }
    return _CLAUSES.get(objective["verb"], f"{objective['verb']} {{target}}").format(**known)


_VERBS = frozenset(clause.partition(" ")[0] for clause in _CLAUSES.values()) | {
    "bring",
    "carry",
    "find",
    "help",
    "learn",
}
