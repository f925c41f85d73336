"""The gallery: twenty records of each kind out of those that `benchmarks.quality` made, picked by a fixed seed.

    python -m benchmarks.gallery [--seed 7]

Ten of each world, the first by a hash of seed and id: nobody chose them for their looks. The records go to
samples/gallery/<world>/<kind>.jsonl, and to samples/gallery/<kind>.md for people to read.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.quality import BUILD, KINDS, WORLDS
from gamegen._random import digest
from gamegen.exporting import load_records
from gamegen.records import Record

GALLERY = Path(__file__).parents[1] / "samples" / "gallery"
EACH = 10
"""Records of a kind and world."""
TITLES = {"quest": "Quests", "dialogue": "Dialogues", "character": "Characters"}
Document = Mapping[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    for kind in KINDS:
        picked = [(world, record) for world in WORLDS for record in pick(world, kind, options.seed)]
        for world in WORLDS:
            lines = [named(record).to_line() for home, record in picked if home == world]
            (GALLERY / world).mkdir(parents=True, exist_ok=True)
            (GALLERY / world / f"{kind}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (GALLERY / f"{kind}.md").write_text(page(kind, picked), encoding="utf-8")


def pick(world: str, kind: str, seed: int) -> list[Record]:
    """The records of the gallery, in the order of their ids."""
    records = load_records([BUILD / world / "content" / f"{kind}.jsonl"])
    first = sorted(records, key=lambda record: digest("gallery", seed, world, record.id))[:EACH]
    return sorted(first, key=lambda record: record.id)


def named(record: Record) -> Record:
    """The record without what each of its texts came from, which only a build needs."""
    provenance = {key: value for key, value in record.data["provenance"].items() if key not in ("texts", "entries")}
    return Record({**record.data, "provenance": {**provenance, "texts": {}, "entries": {}}})


def page(kind: str, picked: list[tuple[str, Record]]) -> str:
    """All records of a kind, for people."""
    parts = [
        f"# {TITLES[kind]}",
        "Made by `python -m benchmarks.gallery` from what the default model wrote for the two sample worlds; nothing"
        " was chosen or edited by hand. The same records, for machines: "
        + ", ".join(f"[{world}/{kind}.jsonl]({world}/{kind}.jsonl)" for world in WORLDS)
        + ".",
    ]
    for world in WORLDS:
        parts.append(f"## {world.capitalize()}")
        parts += ["\n".join(RENDER[kind](record.data)) for home, record in picked if home == world]
    return "\n\n".join(parts) + "\n"


def _quest(record: Document) -> Iterator[str]:
    names = _names(record)
    yield f"### {_plain(record['title'])}"
    yield ""
    yield (
        f"*{record['id']}: a {record['type']} quest of level {record['level']} from {names[record['giver']]};"
        f" {record['motivation']}, {record['strategy'].lower()}*"
    )
    yield ""
    yield f"> {_plain(record['summary'])}"
    yield ""
    for number, stage in enumerate(record["stages"], 1):
        yield f"{number}. {_plain(stage['journal'])}"
        for objective in stage["objectives"]:
            marks = [word for word in ("optional", "hidden") if objective[word]]
            yield f"   - {_plain(objective['text'])}{' (' + ', '.join(marks) + ')' if marks else ''}"
    yield ""
    for outcome in record["outcomes"]:
        yield f"- **{outcome['id'].replace('_', ' ')}** ({outcome['status']}): {_plain(outcome['text'])}"
    paid = record["rewards"]
    extra = [names[item["id"]] for item in paid["items"]]
    yield f"- pays {paid['xp']} xp, {', '.join([str(paid['currency']) + ' coins', *extra])}"


def _dialogue(record: Document) -> Iterator[str]:
    names = _names(record)
    people = [names[id] for id in record["participants"]]
    yield f"### {' and '.join(people)}: {record['topic'].rstrip('.')}"
    yield ""
    yield f"*{record['id']}: {len(record['nodes'])} nodes; ends: {', '.join(end['id'] for end in record['ends'])}*"
    yield ""
    for node in record["nodes"]:
        said = " ".join(_plain(line) for line in node["lines"])
        way = f" *-> {node['goto']}*" if "goto" in node else f" *ends: {node['end']}*" if "end" in node else ""
        yield f"- **{node['id']}** {names[node['speaker']]}: {said}{way}"
        for choice in node.get("choices", ()):
            check = choice.get("check")
            way = (
                f"{check['skill']} {check['dc']}: {check['success']} / {check['failure']}" if check else choice["goto"]
            )
            marks = [word for word, has in (("once", choice.get("once")), ("if", choice.get("condition"))) if has]
            yield f"  - {_plain(choice['text'])} *-> {way}{', ' + ', '.join(marks) if marks else ''}*"


def _character(record: Document) -> Iterator[str]:
    scores = ", ".join(f"{name[:3].upper()} {score}" for name, score in record["abilities"].items())
    yield f"### {record['name']}, {record['role']}"
    yield ""
    yield (
        f"*{record['id']}: {record['race'].replace('_', ' ')} {record['class']} of level {record['level']},"
        f" {record['background'].replace('_', ' ')}; AC {record['armor_class']}, {record['hit_points']} hit points;"
        f" {scores}*"
    )
    yield ""
    for part in ("appearance", "personality", "ideal", "bond", "flaw", "secret"):
        yield f"- **{part}**: {_plain(record[part])}"
    for goal in record["goals"]:
        yield f"- **goal**: {_plain(goal)}"


RENDER: Mapping[str, Callable[[Document], Iterator[str]]] = {
    "quest": _quest,
    "dialogue": _dialogue,
    "character": _character,
}


def _names(record: Document) -> dict[str, str]:
    return {ref["id"]: ref["name"] for ref in record["refs"]}


def _plain(text: Mapping[str, str]) -> str:
    return text["text"].replace("{{", "{").replace("}}", "}")


if __name__ == "__main__":
    main()
