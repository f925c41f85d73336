"""Character sheets: every derived number agrees with the rules of `gamegen.generators.character.srd`, every relation
with what the world says of both people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gamegen.generators.character import srd
from gamegen.generators.character.relations import answers, contradictions
from gamegen.hookspecs import Check, CheckContext
from gamegen.records import JSON, Finding


def numbers(record: Mapping[str, JSON], context: CheckContext) -> Iterator[Finding]:
    """GG501 a name the rules do not know, GG502 a derived number that is wrong, GG503 proficiencies that no source
    gives, GG504 equipment that stands twice."""
    known = {"race": srd.RACES, "class": srd.CLASSES, "background": srd.BACKGROUNDS}
    strangers = [key for key, table in known.items() if record[key] not in table]
    for key in strangers:
        yield _finding("GG501", f"SRD has no {key} {record[key]!r}", f"$.{key}", f"known: {', '.join(known[key])}")
    if strangers:
        return
    yield from _derived(record)
    yield from _proficiencies(record)
    seen: set[str] = set()
    for index, piece in enumerate(record["equipment"]):
        if piece["id"] in seen:
            yield _finding("GG504", f"{piece['id']} stands twice", f"$.equipment[{index}]", "add up the counts")
        seen.add(piece["id"])


def _derived(record: Mapping[str, JSON]) -> Iterator[Finding]:
    proficient = [skill for skill, value in record["skills"].items() if value["proficient"]]
    expert = [skill for skill, value in record["skills"].items() if value.get("expertise")]
    expected = srd.derived(
        record["race"],
        record["class"],
        record["level"],
        record["abilities"],
        [piece["id"] for piece in record["equipment"]],
        proficient,
        expert,
    )
    for name, value in expected.items():
        yield from _differences(f"$.{name}", record[name], value)
    if unknown := sorted(record["skills"].keys() - srd.SKILLS.keys()):
        yield _finding("GG501", f"SRD has no skill {unknown[0]!r}", "$.skills", f"known: {', '.join(srd.SKILLS)}")


def _differences(where: str, found: JSON, expected: JSON) -> Iterator[Finding]:
    if isinstance(expected, dict):
        for key in expected:
            if key in found:
                yield from _differences(f"{where}.{key}", found[key], expected[key])
            else:
                yield _finding("GG502", f"expected {key}, found nothing", where, "compute it by the rules")
    elif found != expected:
        yield _finding("GG502", f"expected {expected}, found {found}", where, "compute it by the rules")


def _proficiencies(record: Mapping[str, JSON]) -> Iterator[Finding]:
    """Each proficient skill must come from race, background or class, and no more than these give."""
    race, class_ = srd.RACES[record["race"]], srd.CLASSES[record["class"]]
    given = {*race.skills, *srd.BACKGROUNDS[record["background"]].skills}
    trained = {skill for skill, value in record["skills"].items() if value["proficient"]}
    expert = sum(1 for value in record["skills"].values() if value.get("expertise"))
    for skill in sorted(given - trained):
        yield _finding("GG503", f"{skill} comes with race or background", f"$.skills.{skill}", "make it proficient")
    rest = trained - given
    strange = rest - set(class_.skills)
    if len(strange) > race.free_skills or len(rest) > class_.skill_count + race.free_skills:
        message = f"{len(rest)} skills beyond race and background ({', '.join(sorted(rest))})"
        allowed = f"{record['class']} gives {class_.skill_count} of its list, {record['race']} {race.free_skills} free"
        yield _finding("GG503", message, "$.skills", allowed)
    if expert > (due := srd.expertise_count(record["class"], record["level"])):
        yield _finding("GG503", f"expertise in {expert} skills, the class gives {due}", "$.skills", "remove the rest")


def relations(record: Mapping[str, JSON], context: CheckContext) -> Iterator[Finding]:
    """GG505 a relation that the world contradicts: the other side says what cannot be true with it ("employs" on both
    sides), or the world says another thing of the same matter. What the other side leaves out contradicts nothing."""
    if context.world is None:
        return
    told = contradictions(context.world, record.get("character"), record["relations"])
    for place, kind, other, instead in told:
        natural = answers(kind)
        hint = (
            f"{other} should be {natural[0]}; mend the world or the sheet" if natural else "mend the world or the sheet"
        )
        yield _finding("GG505", f"{kind} to {other}, but {instead}", f"$.relations[{place}].kind", hint)


def _finding(code: str, message: str, where: str, hint: str) -> Finding:
    return Finding(code, message, hint, where=where)


CHECKS = (
    Check("character numbers", ("character",), numbers),
    Check("character relations", ("character",), relations, needs_world=True),
)
