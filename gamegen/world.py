"""The world: the studio's own entities and facts, the source of every name and reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

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
    path: str = ""
    """Where it was loaded from; not part of its meaning (no hash covers it)."""

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
        return next((entity for entity in self if entity.id == id), None)
