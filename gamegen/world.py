"""The world: the studio's own entities and facts, the source of every name and reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import ClassVar, Literal

from gamegen.records import JSON, TextContext, content_hash

Pronouns = Literal["she", "he", "they", "it"]
Rating = Literal["everyone", "teen", "mature"]


@dataclass(frozen=True, slots=True)
class Relation:
    to: str
    kind: str


@dataclass(frozen=True, slots=True)
class Character:
    type: ClassVar[str] = "character"
    id: str
    name: str
    role: str
    location: str | None = None
    faction: str | None = None
    voice: str = ""
    goals: tuple[str, ...] = ()
    knows: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    pronouns: Pronouns = "they"
    aliases: tuple[str, ...] = ()
    culture: str | None = None
    relations: tuple[Relation, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Location:
    type: ClassVar[str] = "location"
    id: str
    name: str
    description: str = ""
    links: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Faction:
    type: ClassVar[str] = "faction"
    id: str
    name: str
    description: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    type: ClassVar[str] = "item"
    id: str
    name: str
    description: str = ""
    location: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Creature:
    type: ClassVar[str] = "creature"
    id: str
    name: str
    plural: str = ""
    description: str = ""
    location: str | None = None
    danger: int = 1
    """1..20, against the player's level."""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    type: ClassVar[str] = "fact"
    id: str
    text: str
    about: tuple[str, ...] = ()
    secret: bool = False

    @property
    def name(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Flag:
    type: ClassVar[str] = "flag"
    id: str
    value_type: Literal["bool", "int", "string"]
    """`type` in the world file."""
    default: bool | int | str

    @property
    def name(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class Culture:
    type: ClassVar[str] = "culture"
    id: str
    given: tuple[str, ...]
    family: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.id


Entity = Character | Location | Faction | Item | Creature | Fact | Flag | Culture


@dataclass(frozen=True, slots=True)
class World:
    """All entries by id, each table in file order. Build one with `load_world`."""

    id: str
    name: str
    premise: str
    tone: tuple[str, ...] = ()
    rating: Rating = "teen"
    language: str = "en"
    avoid: tuple[str, ...] = ()
    characters: Mapping[str, Character] = field(default_factory=dict)
    locations: Mapping[str, Location] = field(default_factory=dict)
    factions: Mapping[str, Faction] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    creatures: Mapping[str, Creature] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    flags: Mapping[str, Flag] = field(default_factory=dict)
    cultures: Mapping[str, Culture] = field(default_factory=dict)
    unrated: tuple[str, ...] | None = None
    """Words that its rating leaves out, where a project has lists of its own; None: gamegen's."""
    path: str = ""
    """Where it was loaded from; not part of its meaning (no hash covers it)."""
    _by_id: Mapping[str, Entity] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {entity.id: entity for entity in self})

    def __iter__(self) -> Iterator[Entity]:
        """Every entity, table by table."""
        tables: tuple[Mapping[str, Entity], ...] = (
            self.characters,
            self.locations,
            self.factions,
            self.items,
            self.creatures,
            self.facts,
            self.flags,
            self.cultures,
        )
        for table in tables:
            yield from table.values()

    def get(self, id: str) -> Entity | None:
        """The entity of this id, whatever its type (ids are unique in the world)."""
        return self._by_id.get(id)

    def as_json(self, id: str) -> dict[str, JSON]:
        """The entity as a JSON object with its type: what a plan copies of it. Raises KeyError."""
        entity = self._by_id[id]
        # tuples become lists, so that the copy equals itself after a round trip through JSON
        return {"type": entity.type, **asdict(entity, dict_factory=_with_lists)}

    def entry_hash(self, id: str) -> str:
        """SHA-256 (hex) of what the world says of the entity, for provenance. Raises KeyError.

        Fields left at their default are not covered: a field that a later version adds changes no hash.
        """
        entity = self._by_id[id]
        said = {f.name for f in fields(entity) if getattr(entity, f.name) != f.default}
        return content_hash({name: value for name, value in self.as_json(id).items() if name in said | {"type"}})

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of all that the world says; file names and the order of tables do not matter."""
        head = [self.id, self.name, self.premise, list(self.tone), self.rating, self.language, list(self.avoid)]
        head += [list(self.unrated)] if self.unrated is not None else []
        return content_hash([head, {name: self.entry_hash(name) for name in self._by_id}])

    def text_context(self, avoid: tuple[str, ...] = ()) -> TextContext:
        """What text checks may know of the world; `avoid` adds the project's words."""
        named = (self.characters, self.locations, self.factions, self.items, self.creatures)
        names = [self.name]
        for table in named:
            for entity in table.values():
                names += (entity.name, *getattr(entity, "aliases", ()), getattr(entity, "plural", ""))
        return TextContext(
            language=self.language,
            rating=self.rating,
            avoid=tuple(dict.fromkeys((*self.avoid, *avoid))),
            unrated=self.unrated,
            names=tuple(dict.fromkeys(filter(None, names))),
            lines=tuple(line for character in self.characters.values() for line in character.lines),
        )


def _with_lists(items: list[tuple[str, JSON]]) -> dict[str, JSON]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in items}
