"""What a role suggests by the words in it: class, background and seeds; and roles for people new to a world."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from gamegen._random import Stream, rendezvous
from gamegen.generators.character.srd import BACKGROUNDS, CLASSES
from gamegen.world import World

CLASS_WORDS: dict[str, tuple[str, ...]] = {
    "barbarian": ("berserker", "brawler", "whaler", "porter", "gravedigger", "stoker", "quarrier", "drover"),
    "bard": ("singer", "minstrel", "musician", "actor", "storyteller", "innkeeper", "taverner", "herald", "poet",
             "fiddler", "leader", "puppeteer", "speaker"),
    "cleric": ("priest", "chaplain", "abbess", "nun", "monk", "keeper", "healer", "midwife", "surgeon", "doctor",
               "physician", "nurse", "ringer", "setter"),
    "druid": ("herbalist", "gardener", "beekeeper", "shepherd", "salter", "marsh", "weather", "farmer", "miller",
              "orchard", "goatherd", "raker"),
    "fighter": ("smith", "guard", "soldier", "sergeant", "captain", "watch", "mercenary", "mason", "carpenter",
                "welder", "watchman", "boss", "cutter",
                "veteran", "toll collector"),
    "monk": ("hermit", "ascetic", "pilgrim", "courier", "runner"),
    "paladin": ("knight", "templar", "judge", "magistrate", "warden", "inspector"),
    "ranger": ("hunter", "ferryman", "pilot", "scout", "forester", "fisher", "trapper", "diver", "guide", "tracker",
               "catcher"),
    "rogue": ("thief", "smuggler", "spy", "fence", "pickpocket", "dock", "clerk", "pawnbroker", "messenger", "child",
              "dealer", "locksmith", "peddler", "urchin"),
    "sorcerer": ("prodigy", "seer", "medium"),
    "warlock": ("harbor master", "occult", "witch", "fortune"),
    "wizard": ("scholar", "scribe", "archivist", "cartographer", "astronomer", "teacher", "alchemist", "apothecary",
               "clockmaker", "surveyor", "copier", "machine", "engineer", "mechanic"),
}  # fmt: skip
BACKGROUND_WORDS: dict[str, tuple[str, ...]] = {
    "artisan": ("smith", "mason", "carpenter", "weaver", "chandler", "maker", "baker", "cooper", "glazier", "wright",
                "welder", "mender", "mechanic", "tailor", "potter", "binder"),
    "clerk": ("clerk", "scribe", "archivist", "harbor master", "notary", "treasurer", "magistrate", "judge",
              "assessor", "writer", "machine", "inspector", "speaker", "chairwoman", "chairman", "weighmaster",
              "collector"),
    "dockhand": ("dock", "porter", "stevedore", "loader"),
    "entertainer": ("singer", "minstrel", "musician", "actor", "storyteller", "poet", "fiddler", "puppeteer",
                    "leader", "reader"),
    "farmer": ("farmer", "gardener", "shepherd", "miller", "beekeeper", "raker", "drover", "goatherd", "cutter"),
    "healer": ("healer", "midwife", "surgeon", "doctor", "apothecary", "herbalist", "physician", "nurse", "setter"),
    "hunter": ("hunter", "trapper", "forester", "fisher", "tracker", "guide"),
    "innkeeper": ("innkeeper", "taverner", "cook", "brewer", "landlord"),
    "pilgrim": ("priest", "chaplain", "nun", "monk", "pilgrim", "hermit", "abbess", "keeper"),
    "sailor": ("sailor", "pilot", "ferryman", "captain", "diver", "whaler", "navigator"),
    "scholar": ("scholar", "astronomer", "cartographer", "teacher", "alchemist", "surveyor"),
    "smuggler": ("smuggler", "fence", "thief", "spy"),
    "soldier": ("soldier", "mercenary", "sergeant", "knight", "veteran"),
    "street_child": ("child", "pickpocket", "orphan", "messenger", "apprentice", "urchin", "runner"),
    "trader": ("merchant", "trader", "pawnbroker", "seller", "peddler", "broker", "dealer", "agent"),
    "watchman": ("watch", "guard", "warden", "watchman"),
}  # fmt: skip
GROUP_WORDS: Mapping[str, tuple[str, ...]] = {
    "machine": ("machine", "robot", "automaton", "drone", "android", "golem"),
    "child": ("child", "orphan", "urchin", "boy", "girl", "foundling", "pupil"),
    "smith": ("smith", "founder", "welder", "armorer", "cutler", "farrier", "tinker"),
    "guard": ("guard", "watchman", "watchwoman", "warden", "constable", "sergeant", "inspector", "bailiff", "jailer",
              "doorkeeper", "sheriff", "detective", "watch"),
    "clerk": ("clerk", "scribe", "archivist", "notary", "treasurer", "secretary", "assessor", "writer", "weighmaster",
              "copier", "registrar", "accountant", "harbor master"),
    "healer": ("healer", "midwife", "surgeon", "doctor", "physician", "nurse", "apothecary", "herbalist", "setter",
               "medic"),
    "sailor": ("sailor", "pilot", "ferryman", "captain", "navigator", "diver", "whaler", "helmsman", "boatman",
               "skipper"),
    "scholar": ("scholar", "astronomer", "cartographer", "teacher", "professor", "historian", "librarian", "surveyor",
                "alchemist", "philosopher", "tutor"),
    "thief": ("thief", "smuggler", "pickpocket", "fence", "burglar", "spy", "forger", "poacher", "swindler"),
    "innkeeper": ("innkeeper", "taverner", "cook", "brewer", "landlord", "landlady", "barkeep", "baker", "host"),
    "farmer": ("farmer", "gardener", "shepherd", "miller", "beekeeper", "raker", "drover", "orchardist", "goatherd"),
    "priest": ("priest", "chaplain", "abbess", "abbot", "nun", "monk", "pilgrim", "hermit", "ringer", "sexton"),
    "hunter": ("hunter", "trapper", "forester", "fisher", "tracker", "falconer", "scout", "ranger"),
    "soldier": ("soldier", "mercenary", "knight", "lieutenant", "corporal", "veteran", "archer", "gunner"),
    "trader": ("merchant", "trader", "pawnbroker", "seller", "peddler", "broker", "dealer", "agent", "shopkeeper"),
    "mechanic": ("mechanic", "engineer", "stoker", "clockmaker", "plumber", "mender", "repairer", "millwright",
                 "valve keeper"),
    "singer": ("singer", "minstrel", "musician", "actor", "storyteller", "poet", "fiddler", "piper", "puppeteer",
               "choir leader", "drummer"),
}  # fmt: skip
"""Groups of roles that have seeds of their own (templates/character/seeds.toml); the first that fits is taken."""
NEW_ROLES = (
    "night watchman", "letter writer", "traveling glazier", "bone setter", "rope maker", "herb seller", "map copier",
    "tally clerk", "street singer", "candle maker", "pilgrim", "mercenary on leave", "retired pilot", "lamp cleaner",
    "locksmith", "bookbinder", "chimney sweep", "seamstress", "button maker", "rat catcher", "midwife", "coffin maker",
    "puppeteer", "gate guard", "clockmaker", "tutor", "translator", "beekeeper", "soap boiler", "knife grinder",
    "cobbler", "tea merchant", "bread baker", "errand runner", "laundry worker", "portrait painter", "sign painter",
    "well digger", "gravedigger", "bath attendant", "dream reader", "fortune teller", "tax assessor", "court scribe",
    "retired judge", "ship's cook", "ferry hand", "scrap dealer", "mushroom gardener", "goatherd", "bird trapper",
    "herbalist", "army surgeon", "veteran", "instrument tuner", "fiddler", "kite maker", "glass grinder",
    "paper maker", "matchmaker", "card dealer", "pickpocket", "forger", "hermit", "chaplain", "foundling",
    "pump mechanic", "toy mender", "surveyor", "spice peddler", "toll collector", "storyteller",
)  # fmt: skip
"""Roles that suit most worlds; a project gives others by `--set role=...`."""
_NO_TEACHER = ("apprentice", "child", "machine", "junior", "head", "master", " of ", " on ")


def class_for(role: str, stream: Stream) -> str:
    """The class whose words fit the role; drawn, if several or none do."""
    return stream.choice(_fitting(role, "class") or tuple(CLASSES))


def background_for(role: str, stream: Stream) -> str:
    """The background whose words fit the role; drawn, if several or none do."""
    return stream.choice(_fitting(role, "background") or tuple(BACKGROUNDS))


@lru_cache(maxsize=1024)
def group_of(role: str) -> str | None:
    """The group of seeds that a role belongs to; None for a role of no group."""
    return next(iter(_fitting(role, "group")), None)


@lru_cache(maxsize=1024)
def _fitting(role: str, table: str) -> tuple[str, ...]:
    tables = {"class": CLASS_WORDS, "background": BACKGROUND_WORDS, "group": GROUP_WORDS}
    lowered = role.casefold()
    said = [word.strip(".,'’").removesuffix("'s").removesuffix("’s") for word in lowered.replace("-", " ").split()]
    if said and said[-1] == "apprentice":  # a blacksmith's apprentice is on the way to be a blacksmith
        said = said[:-1] or said
    return tuple(
        name
        for name, parts in tables[table].items()
        if any(part in lowered if " " in part else any(word.endswith(part) for word in said) for part in parts)
    )


def roles_of(world: World, seed: int, block: str) -> tuple[str, ...]:
    """Roles for new people in the order in which a batch takes them: general ones, and apprentices of the world's."""
    return _roles(tuple(sorted({person.role.casefold() for person in world.characters.values()})), seed, block)


@lru_cache(maxsize=64)
def _roles(taken: tuple[str, ...], seed: int, block: str) -> tuple[str, ...]:
    own = [role for role in taken if len(role) <= 30 and not any(word in role for word in _NO_TEACHER)]
    everything = dict.fromkeys((*NEW_ROLES, *(f"{role}'s apprentice" for role in own)))
    return tuple(rendezvous((role for role in everything if role not in taken), seed, block, "roles"))
