"""Damages to dialogues, and to what refs list in any record."""

from __future__ import annotations

from typing import Any

from gamegen.checks.dialogue_states import explore
from gamegen.world import World
from tests.mutations.damages import Document, damage, leaf, ref, text


def point(document: Document) -> Document:
    """A choice point that plays reach."""
    reached = explore(document).nodes
    return next(node for node in document["nodes"] if "choices" in node and node["id"] in reached)


def edges(document: Document) -> list[tuple[Document, str]]:
    """(part, key) of everything that names a next node."""
    parts: list[tuple[Document, str]] = [(document, "start")]
    for node in document["nodes"]:
        parts += [(node, "goto")] if "goto" in node else []
        for choice in node.get("choices", ()):
            parts += [(choice, "goto")] if "goto" in choice else []
            parts += [(choice["check"], key) for key in ("success", "failure") if "check" in choice]
    return parts


def closed(document: Document) -> Document:
    """A condition that never holds, on a new local variable."""
    document["variables"].append({"id": "gate", "type": "bool", "initial": False})
    return leaf("local", "gate", "==", True)


def choice(id: str, **rest: Any) -> Document:
    return {"id": id, "text": text("Tell me about it."), **rest}


@damage("dialogue", "GG301")
def drop_every_edge_to_a_node(document: Document, world: World) -> None:
    lost = next(node["id"] for node in reversed(document["nodes"]) if node["id"] != document["start"])
    for part, key in edges(document):
        if part[key] == lost:
            part[key] = document["start"] if "choices" in part or part is not document else part[key]
    for node in document["nodes"]:  # a goto to the start could close a circle of gotos
        if node.get("goto") == document["start"]:
            node["goto"] = point(document)["id"]


@damage("dialogue", "GG301")
def swap_two_ids(document: Document, world: World) -> None:
    first = next(node for node in document["nodes"] if node["id"] == document["start"])
    last = next(node for node in reversed(document["nodes"]) if "end" in node)
    first["id"], last["id"] = last["id"], first["id"]


@damage("dialogue", "GG302")
def gate_every_choice(document: Document, world: World) -> None:
    gate = closed(document)
    for each in point(document)["choices"]:
        each["condition"] = gate


@damage("dialogue", "GG302")
def once_on_the_only_way_out(document: Document, world: World) -> None:
    node = point(document)
    node["choices"] = [choice("again", goto=node["id"], once=True)]


@damage("dialogue", "GG302")
def item_for_every_choice(document: Document, world: World) -> None:
    node = point(document)
    item = next(iter(world.items.values()))
    if (item.id, "item") not in {(each["id"], each["type"]) for each in document["refs"]}:
        document["refs"].append({"type": "item", "id": item.id, "name": item.name, "value_type": "int", "initial": 0})
    for each in node["choices"]:
        each["condition"] = leaf("item", item.id, ">=", 99)


@damage("dialogue", "GG303")
def remove_the_only_end(document: Document, world: World) -> None:
    for node in document["nodes"]:
        if node.pop("end", None):
            node["choices"] = [choice("again", goto=node["id"])]


@damage("dialogue", "GG303")
def circle_of_choices_without_a_way_out(document: Document, world: World) -> None:
    node = point(document)
    node["choices"] = [choice("again", goto=node["id"]), choice("and_again", goto=node["id"])]


@damage("dialogue", "GG304")
def choice_that_never_opens(document: Document, world: World) -> None:
    node = point(document)
    node["choices"].append(choice("never", goto=node["id"], condition=closed(document)))


@damage("dialogue", "GG304")
def condition_that_contradicts_itself(document: Document, world: World) -> None:
    document["variables"].append({"id": "count", "type": "int", "initial": 0})
    never = {"all": [leaf("local", "count", ">", 3), leaf("local", "count", "<", 2)]}
    node = point(document)
    node["choices"].append(choice("never", goto=node["id"], condition=never))


@damage("dialogue", "GG305")
def test_an_undeclared_variable(document: Document, world: World) -> None:
    point(document)["choices"][0]["condition"] = leaf("local", "nowhere", "==", 1)


@damage("dialogue", "GG305")
def change_an_undeclared_variable(document: Document, world: World) -> None:
    document["nodes"][0]["effects"] = [leaf("local", "nowhere", "add", 1)]


@damage("dialogue", "GG306")
def compare_a_number_with_a_word(document: Document, world: World) -> None:
    document["variables"].append({"id": "count", "type": "int", "initial": 0})
    point(document)["choices"][0]["condition"] = leaf("local", "count", "==", "one")


@damage("dialogue", "GG306")
def order_a_boolean(document: Document, world: World) -> None:
    document["variables"].append({"id": "angry", "type": "bool", "initial": False})
    point(document)["choices"][0]["condition"] = leaf("local", "angry", ">=", True)


@damage("dialogue", "GG306")
def add_to_a_word(document: Document, world: World) -> None:
    document["variables"].append({"id": "mood", "type": "string", "initial": "calm"})
    document["nodes"][0]["effects"] = [leaf("local", "mood", "add", "er")]


@damage("dialogue", "GG306")
def start_with_another_type(document: Document, world: World) -> None:
    document["variables"].append({"id": "count", "type": "int", "initial": "none"})


@damage("dialogue", "GG307")
def variable_without_a_test(document: Document, world: World) -> None:
    document["variables"].append({"id": "mood", "type": "string", "initial": "calm"})


@damage("dialogue", "GG308")
def choice_to_nowhere(document: Document, world: World) -> None:
    point(document)["choices"][0] = choice("away", goto="nowhere")


@damage("dialogue", "GG308")
def check_to_nowhere(document: Document, world: World) -> None:
    node = point(document)
    check = {"skill": "persuasion", "dc": 12, "success": node["id"], "failure": "nowhere"}
    node["choices"].append(choice("try", check=check))


@damage("dialogue", "GG308")
def end_at_nowhere(document: Document, world: World) -> None:
    next(node for node in document["nodes"] if "end" in node)["end"] = "nowhere"


@damage("dialogue", "GG308")
def start_at_nowhere(document: Document, world: World) -> None:
    document["start"] = "nowhere"


@damage("dialogue", "GG101")
def two_ways_on(document: Document, world: World) -> None:
    next(node for node in document["nodes"] if "end" in node)["goto"] = document["start"]


@damage("dialogue", "GG310")
def node_id_twice(document: Document, world: World) -> None:
    document["nodes"].append(dict(document["nodes"][-1]))


@damage("dialogue", "GG310")
def choice_id_twice(document: Document, world: World) -> None:
    node = point(document)
    node["choices"].append(dict(node["choices"][0]))


@damage("dialogue", "GG310")
def end_id_twice(document: Document, world: World) -> None:
    document["ends"].append(dict(document["ends"][0]))


@damage("dialogue", "GG311")
def let_a_stranger_speak(document: Document, world: World) -> None:
    document["nodes"][0]["speaker"] = next(id for id in world.characters if id not in document["participants"])


@damage("dialogue", "GG311")
def participant_who_is_not_in_refs(document: Document, world: World) -> None:
    document["participants"].append("nobody")


@damage("dialogue", "GG312")
def reveal_a_fact_unknown_to_the_speaker(document: Document, world: World) -> bool | None:
    node = document["nodes"][0]
    known = world.characters[node["speaker"]].knows
    fact = next((fact for fact in world.facts.values() if fact.id not in known), None)
    if fact is None:
        return False
    if fact.id not in {each["id"] for each in document["refs"]}:
        document["refs"].append({"type": "fact", "id": fact.id, "name": fact.name})
    node["facts"] = [fact.id]
    return None


@damage("dialogue", "GG313")
def circle_of_gotos(document: Document, world: World) -> None:
    node = next(node for node in document["nodes"] if "goto" in node or "end" in node)
    node.pop("end", None)
    node["goto"] = node["id"]


@damage("dialogue", "GG314")
def count_both_ways_for_ever(document: Document, world: World) -> None:
    document["variables"].append({"id": "count", "type": "int", "initial": 0})
    node = point(document)
    node["choices"] += [
        choice("up", goto=node["id"], effects=[leaf("local", "count", "add", 1)]),
        choice("down", goto=node["id"], effects=[leaf("local", "count", "add", -1)]),
        choice("far", goto=node["id"], condition=leaf("local", "count", "==", 1_000_000)),
    ]


@damage("dialogue", "GG315")
def end_that_nothing_leads_to(document: Document, world: World) -> None:
    document["ends"].append({"id": "fought", "outcome": "a fight"})


@damage("dialogue", "GG316")
def placeholder_that_is_not_listed(document: Document, world: World) -> None:
    document["nodes"][0]["lines"][0]["text"] = "That is the name of {item.nothing}."


# -- refs of any kind ---------------------------------------------------------------------------------------------


@damage("", "GG201")
def remove_a_ref(document: Document, world: World) -> bool | None:
    used = {"quest": "giver", "dialogue": "location", "character": "culture"}[document["kind"]]
    if used not in document:
        return False
    document["refs"] = [each for each in document["refs"] if each["id"] != document[used]]
    return None


@damage("dialogue", "GG202")
def use_an_id_of_another_type(document: Document, world: World) -> None:
    place = next(iter(world.locations.values()))
    document["refs"] = [each for each in document["refs"] if each["id"] != place.id]
    document["refs"].append({"type": "location", "id": place.id, "name": place.name})
    document["participants"].append(place.id)


@damage("", "GG203")
def ref_that_stands_twice(document: Document, world: World) -> bool | None:
    if not document["refs"]:
        return False
    document["refs"].append({**document["refs"][0], "name": "Another Name"})
    return None


@damage("", "GG204")
def ref_that_the_world_lacks(document: Document, world: World) -> None:
    document["refs"].append({"type": "location", "id": "atlantis", "name": "Atlantis"})


@damage("", "GG205")
def ref_of_another_type(document: Document, world: World) -> None:
    person = next(id for id in world.characters if id not in {each["id"] for each in document["refs"]})
    document["refs"].append({"type": "location", "id": person, "name": world.characters[person].name})


@damage("", "GG206")
def rename_a_ref(document: Document, world: World) -> bool | None:
    person = ref(document, "character")
    if person is None:
        return False
    person["name"] = "Somebody Else"
    return None


@damage("", "GG207")
def flag_of_another_value_type(document: Document, world: World) -> bool | None:
    flags = [each for each in world.flags.values() if each.value_type == "bool"]
    used = {each["id"] for each in document["refs"]}
    flag = next((each for each in flags if each.id not in used), None)
    if flag is None:
        return False
    document["refs"].append({"type": "flag", "id": flag.id, "name": flag.name, "value_type": "int", "initial": 0})
    return None


@damage("", "GG101")
def drop_what_the_schema_requires(document: Document, world: World) -> None:
    del document["refs"]


@damage("", "GG101")
def add_a_key_that_the_schema_lacks(document: Document, world: World) -> None:
    document["mood"] = "calm"
