"""Dominators of dialogue trees."""

from __future__ import annotations

from gamegen.generators.dialogue.topology import Choice, Node, Tree, dominators
from gamegen.generators.dialogue.words import Say

SAY = Say("greets", "hello", "Hello.")


def test_where_paths_meet_only_what_all_have_passed_dominates() -> None:
    tree = Tree()
    tree.add(Node("a", "mira", [SAY], "", choices=[Choice("x", SAY, "b"), Choice("y", SAY, "c")]))
    tree.add(Node("b", "mira", [SAY], "", goto="d"), Node("c", "mira", [SAY], "", goto="d"))
    tree.add(Node("d", "mira", [SAY], "", end="left"))
    assert dominators(tree) == {"b": "a", "c": "a", "d": "a"}


def test_cycles_do_not_hide_a_dominator() -> None:
    tree = Tree()
    check = {"skill": "insight", "dc": 10, "success": "b", "failure": "c"}
    tree.add(Node("start", "mira", [SAY], "", goto="hub"))
    tree.add(Node("hub", "mira", [SAY], "", choices=[Choice("x", SAY, check=check)]))
    tree.add(Node("b", "mira", [SAY], "", goto="hub"), Node("c", "mira", [SAY], "", choices=[Choice("z", SAY, "d")]))
    tree.add(Node("d", "mira", [SAY], "", goto="hub"))
    assert dominators(tree) == {"hub": "start", "b": "hub", "c": "hub", "d": "c"}
