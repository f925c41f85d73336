"""Damages to quests."""

from __future__ import annotations

from typing import Any

from gamegen.checks.quest import TARGETS
from gamegen.world import World
from tests.mutations.damages import Document, damage, leaf, text


def own(document: Document) -> Document:
    """The ref with the quest's own states."""
    return next(each for each in document["refs"] if each["type"] == "quest" and each["id"] == document["id"])


def flag(document: Document, id: str = "new_flag") -> Document:
    """A test of a new flag, which nothing sets."""
    document["refs"].append({"type": "flag", "id": id, "name": id, "value_type": "bool", "initial": False})
    return leaf("flag", id, "==", True)


def objectives(document: Document) -> list[Document]:
    return [each for stage in document["stages"] for each in stage["objectives"]]


def required(stage: Document) -> list[Document]:
    needed = {id for edge in stage["next"] for id in edge["requires"]}
    return [each for each in stage["objectives"] if each["id"] in needed]


def failure(document: Document) -> str:
    """The id of an outcome of failure, made if there is none."""
    for each in document["outcomes"]:
        if each["status"] == "failure":
            return str(each["id"])
    document["outcomes"].append({"id": "too_late", "status": "failure", "text": text("The chance is gone for good.")})
    own(document)["values"].append("too_late")
    return "too_late"


@damage("quest", "GG401")
def stage_id_twice(document: Document, world: World) -> None:
    document["stages"][1]["id"] = document["stages"][0]["id"]


@damage("quest", "GG401")
def objective_id_twice(document: Document, world: World) -> None:
    first, *rest = objectives(document)
    rest[0]["id"] = first["id"]


@damage("quest", "GG402")
def edge_to_nowhere(document: Document, world: World) -> None:
    document["stages"][0]["next"][0]["to"] = "nowhere"


@damage("quest", "GG402")
def start_at_an_outcome(document: Document, world: World) -> None:
    document["start"] = document["outcomes"][0]["id"]


@damage("quest", "GG402")
def fail_into_nowhere(document: Document, world: World) -> None:
    document["fail_conditions"].append({"condition": flag(document), "outcome": "nowhere"})


@damage("quest", "GG403")
def stage_without_an_edge(document: Document, world: World) -> None:
    copy: dict[str, Any] = {**document["stages"][-1], "id": "left_over"}
    copy["objectives"] = [{**each, "id": f"{each['id']}_again"} for each in copy["objectives"]]
    copy["next"] = [{**edge, "requires": [f"{id}_again" for id in edge["requires"]]} for edge in copy["next"]]
    document["stages"].append(copy)
    own(document)["values"].append("left_over")


@damage("quest", "GG404")
def outcome_without_an_edge(document: Document, world: World) -> None:
    document["outcomes"].append({"id": "dreamt", "status": "success", "text": text("It was all a dream.")})
    own(document)["values"].append("dreamt")


@damage("quest", "GG405")
def gate_every_objective(document: Document, world: World) -> None:
    gate = flag(document)
    for each in document["stages"][0]["objectives"]:
        each["requires"] = gate


@damage("quest", "GG406")
def requirement_that_nobody_provides(document: Document, world: World) -> None:
    item = next(iter(world.items.values()))
    document["refs"] = [each for each in document["refs"] if (each["type"], each["id"]) != ("item", item.id)]
    document["refs"].append({"type": "item", "id": item.id, "name": item.name, "value_type": "int", "initial": 0})
    required(document["stages"][0])[0]["requires"] = leaf("item", item.id, ">=", 90)


@damage("quest", "GG406")
def consume_the_key_item_early(document: Document, world: World) -> bool | None:
    for stage in document["stages"]:
        for each in required(stage):
            test = each.get("requires", {})
            if test.get("type") == "item" and test["op"] == ">=":
                edges = [e for s in document["stages"] for e in s["next"] if e["to"] == stage["id"]]
                given = [e for o in stage["objectives"] for e in o.get("effects", ()) if e["id"] == test["id"]]
                if edges and not any(e["op"] == "add" and e["value"] > 0 for e in given):
                    for edge in edges:
                        edge["effects"] = [*edge.get("effects", ()), leaf("item", test["id"], "set", 0)]
                    return None
    return False


@damage("quest", "GG407")
def require_of_another_stage(document: Document, world: World) -> None:
    document["stages"][1]["next"][0]["requires"] = [document["stages"][0]["objectives"][0]["id"]]


@damage("quest", "GG407")
def optional_objective_required(document: Document, world: World) -> None:
    required(document["stages"][0])[0]["optional"] = True


@damage("quest", "GG408")
def verb_that_does_not_suit_its_target(document: Document, world: World) -> None:
    types = {each["id"]: each["type"] for each in document["refs"]}
    one = objectives(document)[0]
    one["verb"] = next(verb for verb in TARGETS if types[one["target"]] not in TARGETS[verb])


@damage("quest", "GG408")
def giver_who_is_a_place(document: Document, world: World) -> None:
    document["giver"] = objectives(document)[0]["location"]


@damage("quest", "GG408")
def deliver_to_a_place(document: Document, world: World) -> None:
    objectives(document)[0]["to"] = objectives(document)[0]["location"]


@damage("quest", "GG409")
def pay_above_the_budget(document: Document, world: World) -> None:
    document["rewards"]["currency"] = 1_000_000


@damage("quest", "GG409")
def experience_above_the_budget(document: Document, world: World) -> None:
    document["rewards"]["xp"] = 1_000_000


@damage("quest", "GG410")
def fail_condition_that_is_always_true(document: Document, world: World) -> None:
    test = flag(document)
    document["fail_conditions"].append({"condition": {"any": [test, {"not": test}]}, "outcome": failure(document)})


@damage("quest", "GG410")
def fail_condition_that_is_never_true(document: Document, world: World) -> None:
    test = flag(document)
    document["fail_conditions"].append({"condition": {"all": [test, {"not": test}]}, "outcome": failure(document)})


@damage("quest", "GG410")
def fail_into_success(document: Document, world: World) -> None:
    success = next(each["id"] for each in document["outcomes"] if each["status"] == "success")
    document["fail_conditions"].append({"condition": flag(document), "outcome": success})


@damage("quest", "GG411")
def compare_a_flag_with_a_word(document: Document, world: World) -> None:
    document["prerequisites"].append({**flag(document), "value": "yes"})


@damage("quest", "GG411")
def order_a_flag(document: Document, world: World) -> None:
    document["prerequisites"].append({**flag(document), "op": ">"})


@damage("quest", "GG411")
def local_variable_in_a_quest(document: Document, world: World) -> None:
    document["prerequisites"].append(leaf("local", "mood", "==", 1))


@damage("quest", "GG411")
def set_the_own_state(document: Document, world: World) -> None:
    outcome = document["outcomes"][0]
    outcome["effects"] = [leaf("quest", document["id"], "set", outcome["id"])]


@damage("quest", "GG411")
def state_that_the_quest_lacks(document: Document, world: World) -> None:
    document["stages"][0]["objectives"][0]["requires"] = leaf("quest", document["id"], "!=", "dreaming")


@damage("quest", "GG412")
def nothing_but_failure(document: Document, world: World) -> None:
    for each in document["outcomes"]:
        each["status"] = "failure"


@damage("quest", "GG413")
def prerequisites_that_exclude_each_other(document: Document, world: World) -> None:
    test = flag(document)
    document["prerequisites"] += [test, {"not": test}]


@damage("quest", "GG415")
def effect_on_an_unlisted_flag(document: Document, world: World) -> None:
    document["outcomes"][0]["effects"] = [leaf("flag", "unlisted", "set", True)]


@damage("quest", "GG416")
def edge_in_the_shadow_of_another(document: Document, world: World) -> None:
    edges = document["stages"][0]["next"]
    edges.append({"to": document["outcomes"][0]["id"], "requires": list(edges[0]["requires"])})


@damage("quest", "GG417")
def forget_the_own_state(document: Document, world: World) -> None:
    document["refs"].remove(own(document))


@damage("quest", "GG417")
def forget_one_state(document: Document, world: World) -> None:
    own(document)["values"].pop()


@damage("quest", "GG610")
def objective_that_does_not_name_its_target(document: Document, world: World) -> None:
    objectives(document)[0]["text"]["text"] = "Do what must be done there."
