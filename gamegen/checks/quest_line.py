"""The proof over several quests: a prerequisite on a quest of the same content can be satisfied by some play.

A quest of the content can be in the states that its own plays reach (`gamegen.checks.quest_simulation`), once some
play can satisfy its prerequisites. So the states that can be reached are computed from none upward: first the quests
that wait for no other, then those that wait for these, until nothing is added. What still cannot begin waits for a
state that does not exist or that no play reaches, or for a quest that waits for it. Flags and items, and quests that
are not in the content, may have any value: they are the game's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from gamegen.checks.dialogue_states import leaves
from gamegen.checks.quest import playable
from gamegen.checks.quest_simulation import BOUND, Record, Values, simulate, variables
from gamegen.naming import did_you_mean
from gamegen.play import Value, holds
from gamegen.records import JSON, Finding


def check_lines(records: Iterable[Record]) -> list[Finding]:
    """GG418 for every prerequisite of a quest that no play of the quests beside it can satisfy.

    `where` is the JSON path in the record, `path` the record's id. Records of other kinds, and quests whose own proofs
    forbid a play, are left out.
    """
    quests = {str(record["id"]): record for record in records if record.get("kind") == "quest" and playable(record)}
    waiting = {id: record for id, record in quests.items() if _waits_for(record, quests)}
    if not waiting:
        return []
    states = {id: {"inactive"} | (set() if id in waiting else _reached(record)) for id, record in quests.items()}
    changed = True
    while changed:
        changed = False
        for id, record in list(waiting.items()):
            if _satisfiable(record, record["prerequisites"], states):
                states[id] |= _reached(record)
                del waiting[id]
                changed = True
    return [finding for record in waiting.values() for finding in _faults(record, states, quests)]


def _waits_for(record: Record, quests: Mapping[str, Record]) -> list[str]:
    """The quests of the content that a quest's prerequisites test; itself is none."""
    tests = [leaf for test in record["prerequisites"] for leaf in leaves(test)]
    return [
        leaf["id"] for leaf in tests if leaf["type"] == "quest" and leaf["id"] in quests and leaf["id"] != record["id"]
    ]


def _reached(record: Record) -> set[str]:
    """The states that plays of a quest reach; all that it has where that is not proven."""
    plays = simulate(record)
    if plays.complete:
        return set(plays.entered)
    return {part["id"] for key in ("stages", "outcomes") for part in record[key]}


def _satisfiable(record: Record, tests: Sequence[Mapping[str, JSON]], states: Mapping[str, set[str]]) -> bool:
    """Whether all of the tests can hold at once, other quests of the content being in states that they reach."""
    names, choices = variables(record, list(tests))
    open_choices: list[Sequence[Value]] = []
    total = 1
    for (type, id), values in zip(names, choices, strict=True):
        if type == "quest" and id in states:
            values = ("inactive",) if id == record["id"] else tuple(sorted(states[id]))
        open_choices.append(values)
        total *= len(values)
    if total > BOUND:
        return True  # not proven to be impossible
    index = {name: i for i, name in enumerate(names)}
    return any(all(holds(test, Values(index, row)) for test in tests) for row in product(*open_choices))


def _faults(record: Record, states: Mapping[str, set[str]], quests: Mapping[str, Record]) -> Iterable[Finding]:
    """The prerequisites of a quest that can hold in no play; all that wait for a quest if each could alone."""
    tests = record["prerequisites"]
    alone = [n for n, test in enumerate(tests) if not _satisfiable(record, [test], states)]
    for n in alone or range(len(tests)):
        found = [leaf for leaf in leaves(tests[n]) if leaf["type"] == "quest" and leaf["id"] in quests]
        if not found:
            continue
        leaf = found[0]
        known = [part["id"] for key in ("stages", "outcomes") for part in quests[leaf["id"]][key]]
        message = f"quest {record['id']!r} waits for {leaf['id']} {leaf['op']} {leaf['value']!r}, which no play reaches"
        hint = did_you_mean(str(leaf["value"]), known)
        if leaf["value"] in known:
            hint = f"let {leaf['id']!r} be able to begin and to reach it, or test another state"
        yield Finding("GG418", message, hint, path=str(record["id"]), where=f"$.prerequisites[{n}]")
