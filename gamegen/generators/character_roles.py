"""Which class and background a role suggests, by the words in it; and roles for people who are new to a world."""

from __future__ import annotations

from gamegen._random import Stream
from gamegen.generators.srd import BACKGROUNDS, CLASSES

CLASS_WORDS: dict[str, tuple[str, ...]] = {
    "barbarian": ("berserker", "brawler", "whaler", "porter", "gravedigger"),
    "bard": ("singer", "minstrel", "musician", "actor", "storyteller", "innkeeper", "taverner", "herald", "poet"),
    "cleric": ("priest", "chaplain", "abbess", "nun", "monk", "keeper", "healer", "midwife", "surgeon", "doctor"),
    "druid": ("herbalist", "gardener", "beekeeper", "shepherd", "salter", "marsh", "weather"),
    "fighter": ("smith", "guard", "soldier", "sergeant", "captain", "watch", "mercenary", "mason", "carpenter"),
    "monk": ("hermit", "ascetic", "pilgrim", "courier"),
    "paladin": ("knight", "templar", "judge", "magistrate", "warden"),
    "ranger": ("hunter", "ferryman", "pilot", "scout", "forester", "fisher", "trapper", "diver", "guide"),
    "rogue": ("thief", "smuggler", "spy", "fence", "pickpocket", "dock", "clerk", "pawnbroker", "messenger", "child"),
    "sorcerer": ("prodigy", "seer", "medium"),
    "warlock": ("harbor master", "occult", "witch", "fortune"),
    "wizard": ("scholar", "scribe", "archivist", "cartographer", "astronomer", "teacher", "alchemist", "apothecary"),
}
BACKGROUND_WORDS: dict[str, tuple[str, ...]] = {
    "artisan": ("smith", "mason", "carpenter", "weaver", "chandler", "maker", "baker", "cooper", "glazier", "wright"),
    "clerk": ("clerk", "scribe", "archivist", "harbor master", "notary", "treasurer", "magistrate", "judge"),
    "dockhand": ("dock", "porter", "stevedore"),
    "entertainer": ("singer", "minstrel", "musician", "actor", "storyteller", "poet"),
    "healer": ("healer", "midwife", "surgeon", "doctor", "apothecary", "herbalist"),
    "hunter": ("hunter", "trapper", "forester", "fisher"),
    "innkeeper": ("innkeeper", "taverner", "cook", "brewer"),
    "pilgrim": ("priest", "chaplain", "nun", "monk", "pilgrim", "hermit", "abbess", "keeper"),
    "sailor": ("sailor", "pilot", "ferryman", "captain", "diver", "whaler"),
    "scholar": ("scholar", "astronomer", "cartographer", "teacher", "alchemist"),
    "smuggler": ("smuggler", "fence", "thief", "spy"),
    "soldier": ("soldier", "mercenary", "sergeant", "knight"),
    "street_child": ("child", "pickpocket", "orphan", "messenger", "apprentice"),
    "trader": ("merchant", "trader", "pawnbroker", "seller", "peddler", "broker"),
    "watchman": ("watch", "guard", "warden"),
}
NEW_ROLES = (
    "net mender",
    "night watchman",
    "letter writer",
    "salt porter",
    "traveling glazier",
    "bone setter",
    "rope maker",
    "herb seller",
    "retired pilot",
    "map copier",
    "tally clerk",
    "street singer",
    "candle maker",
    "eel fisher",
    "pilgrim",
    "mercenary on leave",
)


def class_for(role: str, stream: Stream) -> str:
    """The class whose words fit the role; drawn, if several or none do."""
    return _fitting(role, CLASS_WORDS, tuple(CLASSES), stream)


def background_for(role: str, stream: Stream) -> str:
    return _fitting(role, BACKGROUND_WORDS, tuple(BACKGROUNDS), stream)


def _fitting(role: str, words: dict[str, tuple[str, ...]], everything: tuple[str, ...], stream: Stream) -> str:
    lowered = role.casefold()
    fits = [name for name, parts in words.items() if any(part in lowered for part in parts)]
    return stream.choice(fits or everything)
