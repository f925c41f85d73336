"""Kinds without code: a folder with ``schemas/<kind>.schema.json`` and ``templates/<kind>/*.j2`` becomes a generator.

``templates/<kind>/document.j2`` writes the whole document in one request; without it each property has a template of
its own name. A property with `const` or `default` is not written. The same rules write what an extension adds.
"""

from __future__ import annotations

import json
from collections.abc import Generator as Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gamegen._random import rendezvous
from gamegen.errors import SchemaFault
from gamegen.hookspecs import Generator
from gamegen.records import JSON, Brief, Plan, Request, line_id
from gamegen.schema import FIXED, read_schema, without_fixed

if TYPE_CHECKING:
    from gamegen.world import World

TEXT_REF = "#/$defs/text"
SUBJECTS = ("character", "location", "item", "creature", "faction", "fact")


def generators_in(folder: Path, known: Mapping[str, Generator]) -> list[Generator]:
    """A generator for each schema of the folder whose kind is not known yet. Raises SchemaFault."""
    return [
        data_generator(path, folder / "templates")
        for path in sorted((folder / "schemas").glob("*.schema.json"))
        if kind_of(path) not in known
    ]


def kind_of(path: Path) -> str:
    return path.name.removesuffix(".schema.json")


def data_generator(path: Path, templates: Path) -> Generator:
    """The generator that one schema file and its templates make."""
    schema = read_schema(path)
    kind = kind_of(path)
    properties: Mapping[str, JSON] = schema.get("properties", {})
    if properties.get("kind", {}).get("const") != kind or "id" not in properties:
        raise SchemaFault.of(
            "GG103", f"a kind's schema has `id`, and `kind` with const {kind!r}", "add both", path=str(path)
        )
    if not (templates / kind).is_dir():
        raise SchemaFault.of(
            "GG103", f"expected templates in {templates / kind}", "add document.j2, or a template per property"
        )
    whole = (templates / kind / "document.j2").is_file()
    return Generator(
        kind=kind,
        schema=schema,
        plan=lambda world, brief, seed: _plan(kind, world, brief, seed),
        write=lambda plan: _write(plan, schema, whole),
        templates=templates,
        settings={name: {"type": "string", "description": f"id of a {name} of the world"} for name in SUBJECTS},
    )


def _plan(kind: str, world: World, brief: Brief, seed: int) -> Plan:
    """Draws one entity of each type as the subject; a setting names one instead."""
    from gamegen.naming import unknown_id

    data: dict[str, JSON] = {
        "world": {"name": world.name, "premise": world.premise, "tone": list(world.tone), "language": world.language},
    }
    entries: dict[str, str] = {}
    for name in SUBJECTS:
        table = {entity.id: entity for entity in world if entity.type == name}
        chosen = brief.settings.get(name)
        if chosen is not None and chosen not in table:
            raise unknown_id(name, str(chosen), table)
        if chosen is None and table:
            chosen = rendezvous(table, seed, brief.id, name)[0]
        if chosen is not None:
            data[name] = world.as_json(str(chosen))
            entries[str(chosen)] = world.entry_hash(str(chosen))
    data["outline"] = [f"{kind} about {data[name]['name']}" for name in SUBJECTS if name in data and name != "fact"][:1]
    return Plan(kind, brief.id, seed, data, world.text_context(), entries)


def _write(
    plan: Plan, schema: Mapping[str, JSON], whole: bool
) -> Coroutine[list[Request], list[JSON], dict[str, JSON]]:
    document: dict[str, JSON] = {"id": plan.id, "kind": plan.kind}
    properties = schema["properties"]
    if "schema_version" in properties:
        document["schema_version"] = 1
    if "refs" in properties:
        document["refs"] = _refs(plan)
    if whole:
        card = {"kind": plan.kind, "must": schema.get("description", plan.kind)}
        request = Request("document", f"{plan.kind}/document.j2", card, without_fixed(schema), values=dict(plan.data))
        (written,) = yield [request]
        return {**document, **written}
    return (yield from write_properties(plan, properties, document, schema))


def write_properties(
    plan: Plan, properties: Mapping[str, JSON], document: dict[str, JSON], schema: Mapping[str, JSON]
) -> Coroutine[list[Request], list[JSON], dict[str, JSON]]:
    """Fill the properties into the document, each by the template of its name; a `$ref` text gets its line id."""
    open_names = []
    for name, part in properties.items():
        if name in FIXED or name in document:
            continue
        if "const" in part or "default" in part:
            document[name] = part.get("const", part.get("default"))
        else:
            open_names.append(name)
    values = {**plan.data, "record": json.loads(json.dumps(document))}
    texts = yield [
        Request(
            key=name,
            template=f"{plan.kind}/{name}.j2",
            card={"kind": plan.kind, "field": name, "must": properties[name].get("description", name)},
            schema=_fragment(properties[name], schema),
            values=values,
        )
        for name in open_names
    ]
    for name, text in zip(open_names, texts, strict=True):
        document[name] = {"id": line_id(plan.id, name), "text": text} if _is_text(properties[name]) else text
    return document


def _is_text(part: Mapping[str, JSON]) -> bool:
    return part.get("$ref") == TEXT_REF or {"$ref": TEXT_REF} in part.get("allOf", [])


def _fragment(part: Mapping[str, JSON], schema: Mapping[str, JSON]) -> Mapping[str, JSON]:
    if not _is_text(part):
        return {**part, "$defs": schema["$defs"]} if "$defs" in schema and "$ref" in json.dumps(part) else part
    bounds = part.get("properties", {}).get("text", {})
    return {"type": "string", "minLength": 8, "maxLength": 200, **bounds}


def _refs(plan: Plan) -> list[JSON]:
    return sorted(
        (
            {"id": plan.data[name]["id"], "type": name, "name": plan.data[name].get("name") or plan.data[name]["text"]}
            for name in SUBJECTS
            if name in plan.data
        ),
        key=lambda ref: (ref["type"], ref["id"]),
    )
