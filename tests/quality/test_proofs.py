"""Shares of records that pass each proof."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gamegen.hookspecs import Check
from gamegen.plugins import Registry, load_registry
from gamegen.quality.proofs import SCHEMA, proofs
from gamegen.records import Finding
from gamegen.session import Session
from gamegen.testing import FakeEngine
from gamegen.world import World
from gamegen.world_file import load_world

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world() -> World:
    return load_world(ROOT / "samples" / "saltmarrow" / "world")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def sheets(world: World) -> list[dict[str, Any]]:
    with Session(engine=FakeEngine()) as session:
        return [dict(each.data) for each in session.stream("character", world=world, count=2, seed=3)]


def shares(found: Any) -> dict[str, float]:
    return {proof.name: proof.share for proof in found.proofs}


def test_good_records_pass_all(sheets: list[dict[str, Any]], registry: Registry, world: World) -> None:
    found = proofs(sheets, registry, world)
    assert (found.records, found.passed, found.not_run, found.foreign_names) == (2, 2, (), 0)
    assert set(shares(found).values()) == {1.0}
    assert {SCHEMA, *(check.name for check in registry.checks_for("character"))} == set(shares(found))


def test_a_record_that_breaks_its_schema_is_asked_nothing_more(
    sheets: list[dict[str, Any]], registry: Registry, world: World
) -> None:
    found = proofs([sheets[0], {**sheets[1], "level": "high"}], registry, world)
    assert (shares(found)[SCHEMA], found.passed) == (0.5, 1)
    assert {proof.records for proof in found.proofs if proof.name != SCHEMA} == {1}


def test_a_damaged_record_fails_the_proof_that_is_meant_and_no_other(
    sheets: list[dict[str, Any]], registry: Registry, world: World
) -> None:
    found = proofs([{**sheets[0], "armor_class": 29}], registry, world)
    assert [name for name, share in shares(found).items() if share < 1] == ["character numbers"]


def test_texts_with_foreign_names_are_counted(sheets: list[dict[str, Any]], registry: Registry, world: World) -> None:
    flaw = {**sheets[0]["flaw"], "text": "Still writes letters to Michael and to Zagreb every night."}
    found = proofs([{**sheets[0], "flaw": flaw}], registry, world)
    assert (found.foreign_names, shares(found)["text_names"]) == (1, 0.0)


def test_without_a_world_what_needs_it_is_not_run(sheets: list[dict[str, Any]], registry: Registry) -> None:
    found = proofs(sheets, registry, None)
    assert found.foreign_names is None
    assert set(found.not_run) == {check.name for check in registry.checks_for("character") if check.needs_world}
    assert not set(found.not_run) & set(shares(found))


def test_a_finding_that_is_no_error_is_none(sheets: list[dict[str, Any]], registry: Registry, world: World) -> None:
    warns = Check("warns", (), lambda record, context: [Finding("GG611", "said twice", severity="warning")])
    found = proofs(sheets, replace(registry, checks=(warns,)), world)
    assert shares(found)["warns"] == 1.0


def test_records_of_unknown_kinds_are_told_apart(registry: Registry, world: World) -> None:
    found = proofs([{"id": "p", "kind": "poem"}], registry, world)
    assert (found.records, found.unknown, found.proofs) == (0, 1, ())
    assert found.as_json()["records_of_unknown_kinds"] == 1
