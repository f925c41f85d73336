"""From a strategy to atomic actions: the recursive expansion of the grammar, every step of which can be done.

Each action is applied to the planning state as soon as it is derived, so that a derivation is executable by
construction. An expansion is taken only if the world can cast it, and everything in it serves what follows: who is
asked knows a fact about what is sought, what is read mentions it, what is fetched is given away for it.

A level of depth is one `<learn>`, one trade or one favor inside another; the strategy's own sequence has depth 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from gamegen._random import Stream, rendezvous
from gamegen.generators.phrases import noun
from gamegen.generators.quest.actions import PLAYER, Action, State, apply
from gamegen.generators.quest.cast import Cast, Casting, Misfit, Told, suits
from gamegen.generators.quest.grammar import RULES, Strategy
from gamegen.world import Character, Creature, Item, Location

MOST_OBJECTIVES = 9
DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Leaf:
    """One action of the derivation.

    way:   how it is spoken of, where the action's name does not decide it (gamegen/generators/quest/phrases.py).
    shown: whether it is an objective of its own; a way that leads to the next deed is part of that deed.
    why:   a clause: what makes it necessary, for the journal.
    """

    action: Action
    way: str = ""
    shown: bool = True
    why: str = ""
    fact: str = ""
    count: int = 1
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Derivation:
    """The actions in order, the rules that were applied ("goto lens: <learn>goto"), and the state it starts from."""

    start: State
    leaves: tuple[Leaf, ...]
    rules: tuple[str, ...]
    depth: int

    @property
    def actions(self) -> Iterator[Action]:
        return (leaf.action for leaf in self.leaves)

    @property
    def length(self) -> int:
        """How many objectives it has."""
        return sum(leaf.shown for leaf in self.leaves)


def derive(casting: Casting, strategy: Strategy, cast: Cast, depth: int, attempt: int = 0) -> Derivation:
    """One derivation of the strategy, at most `depth` levels deep; another attempt draws other expansions.

    Raises Misfit when the world cannot cast what the strategy needs.
    """
    return _Deriver(casting, strategy, cast, depth, attempt).run()


class _Deriver:
    def __init__(self, casting: Casting, strategy: Strategy, cast: Cast, depth: int, attempt: int) -> None:
        self.casting = casting
        self.world = casting.world
        self.strategy = strategy
        self.cast = cast
        self.depth = depth
        self.name = (*casting.name, "derive", attempt)
        self.start = self.state = _begin(casting, cast)
        self.unknown: set[str] = set()
        self.sought: set[str] = {cast.giver.id}
        """What the player has been sent to already: it needs no learning any more."""
        self.taken = set(cast.taken)
        self.leaves: list[Leaf] = []
        self.rules: list[str] = []
        self.reached = 0
        self.left = sum(not symbol[0].startswith("<goto") for symbol in strategy.symbols)
        """Symbols of the strategy that are still to be expanded: each costs an objective."""

    def run(self) -> Derivation:
        for number, symbol in enumerate(self.strategy.symbols):
            if not symbol[0].startswith("<goto"):
                self.left -= 1
            self._symbol(symbol[0], [self.cast.role(role).id for role in symbol[1:]], str(number))
        start = replace(self.start, known=self.start.known - self.unknown)
        return Derivation(start, tuple(self.leaves), tuple(self.rules), self.reached)

    # --- draws

    def _may(self, path: str, level: int, cost: int, probability: float = 0.75) -> bool:
        """Whether to go a level deeper: there is depth and room left, and the toss says so."""
        shown = sum(leaf.shown for leaf in self.leaves)
        fits = level < self.depth and shown + self.left + level + cost <= MOST_OBJECTIVES
        return fits and Stream(*self.name, path).chance(probability)

    def _order(self, path: str, options: Iterable[str]) -> list[str]:
        return rendezvous(options, *self.name, path)

    def _draw(self, path: str, need: str, *tiers: Iterable[Item]) -> Item:
        return self.casting.draw(f"{self.name[-1]} {path}", need, *tiers)

    def _rule(self, symbol: str, alternative: str, about: str) -> None:
        assert alternative in RULES[symbol]
        self.rules.append(f"<{symbol}> {about} ::= {alternative}")

    def _deeper(self, level: int) -> int:
        self.reached = max(self.reached, level + 1)
        return level + 1

    # --- the world as it stands

    def _place_of(self, id: str) -> str:
        if id in self.world.locations:
            return id
        holder = self.state.holder.get(id)
        if holder == PLAYER:
            return self.state.at
        return self.state.where.get(holder or id) or self.state.at

    def _do(
        self,
        name: str,
        target: str,
        *,
        other: str = "",
        price: str = "",
        way: str = "",
        why: str = "",
        fact: str = "",
        topic: str = "",
        count: int = 1,
    ) -> None:
        """Do it where the player stands."""
        action = Action(name, target, self.state.at, other, price)
        self._append(Leaf(action, way, why=why, fact=fact, topic=topic, count=count))

    def _append(self, leaf: Leaf) -> None:
        self.state = apply(leaf.action, self.state)
        self.leaves.append(leaf)

    # --- symbols

    def _symbol(self, symbol: str, ids: list[str], path: str) -> None:
        """One symbol of the strategy, with what its preconditions ask for before it."""
        cast = self.cast
        target = ids[0]
        other = ids[1] if len(ids) > 1 else ""
        if symbol == "<goto>":
            if self.strategy.does("exchange"):
                return  # first the goods: the trade itself goes there
            visit = not self.strategy.does("repair", "defend", "use") and target == cast.place.id != cast.home.id
            self._goto(target, path, 0, shown=visit and "place" in self.strategy.roles)
            return
        if symbol == "<get>":
            self._get(target, path, 0)
        elif symbol == "<steal>":
            self._steal(target, path)
        elif symbol == "<spy>":
            self._rule("spy", RULES["spy"][0], target)
            self._goto(target, path, 0)
            self._do("spy", target)
            self._goto(cast.giver.id, f"{path}.back", 0)
            self._do("report", cast.giver.id)
        elif symbol == "<kill>":
            self._kill(target, path, 0)
        elif symbol == "exchange":
            self._exchange(target, path, 0)
        elif symbol == "give":
            self._goto(other, path, 0)
            self._do("give", target, other=other, way="surrender" if target not in self.world.items else "")
        elif symbol == "take":
            self._goto(target, path, 0)
            self._do("take", target, other=other, way="collect")
        elif symbol == "listen":
            self._goto(target, path, 0)
            self._listen_to(target)
        elif symbol == "escort":
            home = self.casting.home_of(self.world.characters[target])
            self._append(Leaf(Action("escort", target, home.id)))
        else:
            self._goto(other or target, path, 0)
            self._deed(symbol, target, other)

    def _deed(self, name: str, target: str, other: str) -> None:
        way = ""
        if name == "use" and other:
            way = "bait" if other in self.world.creatures else "treat"
            if self.strategy.name == "Capture Criminal" and way == "treat":
                way = "confront"
        elif name in ("damage", "repair", "defend"):
            kind = self.world.get(target)
            ways = {"damage": "destroy", "repair": "mend", "defend": "guard"}
            if isinstance(kind, Creature):
                way = "fight"
            elif not isinstance(kind, Location):
                way = ways[name]
        count = self.cast.count if self.cast.creature and target == self.cast.creature.id else 1
        self._do(name, target, other=other, way=way, count=count)

    def _listen_to(self, person: str) -> None:
        """The talk that the strategy asks for: about what the person knows where that is the matter."""
        news = self.cast.news
        told = self.strategy.person == "teller" or self.casting.chance("news", 0.5)
        topic = ""
        if news and told and self.strategy.person == "teller":
            about = (self.world.get(id) for id in news.about if id != person)
            topic = next((noun(entity.name) for entity in about if entity), "")
        way = "ask" if topic else "visit"
        self._do("listen", person, way=way, fact=news.id if news and told else "", topic=topic)

    # --- rules

    def _goto(self, seek: str, path: str, level: int, shown: bool = False, hint: float = 0.75) -> None:
        """`<goto>` to where somebody or something is; `hint` is how likely it is that one has to ask."""
        place = self._place_of(seek)
        if place == self.state.at:
            return
        if self._learns(seek, path, level, hint):
            if self._place_of(seek) == self.state.at:
                return
        elif self._explores(seek, place, path):
            self._rule("goto", "explore", place)
            self._append(Leaf(Action("explore", place, place)))
            return
        self._append(Leaf(Action("goto", place, place, seek=seek), shown=shown))
        self.sought.add(seek)

    def _explores(self, seek: str, place: str, path: str) -> bool:
        """Whether a thing has to be looked for where it is: in places that nobody lives in."""
        if seek in self.world.characters or seek in self.world.locations or len(self.leaves) > 5:
            return False
        lived_in = any(home == place for id, home in self.state.where.items() if id in self.world.characters)
        return not lived_in and Stream(*self.name, path, "explore").chance(0.4)

    def _learns(self, seek: str, path: str, level: int, hint: float) -> bool:
        """`<learn>` where something is, from somebody or a document; False when the player needs or gets no hint."""
        if seek in self.sought or seek in self.unknown or not self._may(f"{path}.learn", level, 2, hint):
            return False
        subject = next((id for id in self._around(seek) if self._tellers(id, seek)), seek)
        tellers = self._tellers(subject, seek)
        options: dict[str, Told | Item] = {f"listen {t.person.id} {t.fact.id}": t for t in tellers}
        options |= {f"read {item.id}": item for item in self._documents(seek)}
        order = self._order(f"{path}.learn", options)
        if not order:
            return False
        # what can be read is rarer than who can be asked
        key = next((key for key in order if key.startswith("read ")), order[0]) if self._may_read(path) else order[0]
        chosen = options[key]
        self._rule("goto", "<learn>goto", seek)
        deeper = self._deeper(level)
        self.unknown.add(seek)
        self.sought.add(seek)
        self.state = replace(self.state, known=self.state.known - {seek})
        if isinstance(chosen, Item):
            self._read(chosen, seek, path, deeper)
        else:
            self._ask(chosen, seek, subject, path, deeper)
        return True

    def _around(self, seek: str) -> Iterator[str]:
        """What is sought, who has it, and where it is: who knows of one of them can say how to find it."""
        yield seek
        holder = self.state.holder.get(seek)
        if holder is not None:
            yield holder
        yield self._place_of(seek)

    def _tellers(self, subject: str, seek: str) -> list[Told]:
        """Who can tell of a subject, and is not where one would find what is sought anyway."""
        place = self._place_of(seek)
        return [
            told
            for told in self.casting.tellers.get(subject, ())
            if told.person.id not in self.taken and self._place_of(told.person.id) != place
        ]

    def _may_read(self, path: str) -> bool:
        return Stream(*self.name, path, "read").chance(0.4)

    def _documents(self, seek: str) -> list[Item]:
        """Documents that some fact links with what is sought, where one can walk to."""
        linked = {id for fact in self.world.facts.values() if seek in fact.about for id in fact.about}
        return [
            item
            for id in sorted(linked - self.taken - {seek})
            if (item := self.world.items.get(id)) is not None
            and {"document", "book"}.intersection(item.tags)
            and self._place_of(id) in self.state.ways
            and self.state.holder.get(id) != PLAYER
        ]

    def _read(self, document: Item, seek: str, path: str, level: int) -> None:
        """`<goto><get>read`; what has an owner is read where it is."""
        self._rule("learn", "<goto><get>read", seek)
        self.taken.add(document.id)
        why = f"{noun(self.cast.giver.name)} thinks that a document tells more of {self._named(seek)}"
        if document.id not in self.state.holder and self._may(f"{path}.get", level, 2, 0.4):
            self._get(document.id, f"{path}.document", level)
        else:
            self._goto(document.id, f"{path}.document", level)
        action = Action("read", document.id, self.state.at, told=(seek,))
        fact = next(f for f in self.world.facts.values() if seek in f.about and document.id in f.about)
        self._append(Leaf(action, why=why, fact=fact.id))

    def _ask(self, told: Told, seek: str, subject: str, path: str, level: int) -> None:
        """`<goto><subquest>listen`, or `<get><subquest>give listen`: a hint, for a favor or a gift where there is
        depth left."""
        person = told.person
        self.taken.add(person.id)
        paid = False
        if self._may(f"{path}.favor", level, 2):
            for favor in self._order(f"{path}.favor", ("gift", "fight", "word")):
                try:
                    paid = self._favor(favor, person, seek, f"{path}.favor", level)
                except Misfit:
                    continue
                if paid:
                    break
        if not paid:
            self._rule("learn", "<goto><subquest>listen", seek)
            self._rule("subquest", "<goto>", person.id)
        self._goto(person.id, f"{path}.teller", level, hint=0.1)
        action = Action("listen", person.id, self.state.at, told=(seek, *told.fact.about))
        topic = next((id for id in (subject, *told.fact.about) if id != person.id), "")
        way = "ask" if topic else "visit"
        self._append(Leaf(action, way, fact=told.fact.id, topic=self._named(topic) if topic else ""))

    def _favor(self, kind: str, person: Character, seek: str, path: str, level: int) -> bool:
        """What somebody wants before saying where it is; False when the world has nothing that they want."""
        who = noun(person.name)
        if kind == "gift":
            gift = self._gift(person, seek, path)
            self._rule("learn", "<get><subquest>give listen", seek)
            self._rule("subquest", "<goto>", person.id)
            deeper = self._deeper(level)
            self.taken.add(gift.id)
            self._get(gift.id, f"{path}.gift", deeper, why=f"{who} wants {noun(gift.name)} before saying a word")
            self._goto(person.id, f"{path}.giving", deeper, hint=0.1)
            self._do("give", gift.id, other=person.id)
            return True
        if kind == "fight":
            feared = self._feared(person, seek)
            if not feared:
                return False
            creature = self.world.creatures[self._order(path, feared)[0]]
            self._favored(person, seek, path, level)
            self.taken.add(creature.id)
            self._goto(creature.id, f"{path}.fight", level + 1)
            why = f"{who} wants {noun(creature.name)} driven off before saying a word"
            self._do("damage", creature.id, way="fight", why=why)
        else:
            close = [
                relation.to
                for relation in person.relations
                if relation.to not in self.taken
                and self._place_of(relation.to) in self.state.ways - {self._place_of(seek), self._place_of(person.id)}
            ]
            if not close:
                return False
            friend = self.world.characters[self._order(path, close)[0]]
            self._favored(person, seek, path, level)
            self.taken.add(friend.id)
            self._goto(friend.id, f"{path}.word", level + 1)
            why = f"{who} will say more once {noun(friend.name)} has had word"
            self._do("report", friend.id, way="message", why=why, topic=who)
        return True

    def _favored(self, person: Character, seek: str, path: str, level: int) -> None:
        """The first visit of a favor: the player goes there and hears what is wanted."""
        self._rule("learn", "<goto><subquest>listen", seek)
        self._rule("subquest", "<goto><quest>goto", person.id)
        self._goto(person.id, f"{path}.first", self._deeper(level), shown=True, hint=0.1)

    def _gift(self, person: Character, seek: str, path: str) -> Item:
        """Something that a person wants and that can be had elsewhere than where one would find what is sought."""
        place = self._place_of(seek)
        loose = [item for item in self._loose() if self._place_of(item.id) != place]
        return self._draw(f"{path}.item", "something to give", *self.casting.wants(person, loose))

    def _feared(self, person: Character, seek: str) -> list[str]:
        """Creatures that a person knows something of, or that live nearby; fair ones that have no role yet."""
        home = self.casting.home_of(person)
        known = {id for fact in self.casting.known_to(person) for id in fact.about}
        return [
            creature.id
            for creature in self.world.creatures.values()
            if creature.id not in self.taken
            and suits(creature.danger, self.cast.level)
            and creature.location in self.state.ways - {self._place_of(seek)}
            and (creature.id in known or creature.location == home.id or creature.location in home.links)
        ]

    def _loose(self) -> list[Item]:
        """Items without a role that lie about or are the giver's."""
        giver = self.cast.giver.id
        return [
            item
            for item in self.world.items.values()
            if item.id not in self.taken
            and self.state.holder.get(item.id, giver) == giver
            and self._place_of(item.id) in self.state.ways
        ]

    def _get(self, item: str, path: str, level: int, why: str = "") -> None:
        """`<get>` an item, whoever has it."""
        holder = self.state.holder.get(item, "")
        if holder == PLAYER:
            self._rule("get", "e", item)
        elif holder in ("", self.cast.giver.id):
            self._rule("get", "<goto>gather", item)
            self._goto(item, path, level)
            self._do("gather", item, other=holder, way="collect" if holder else "", why=why)
        else:
            if self._may(f"{path}.trade", level, 2) and self._goods(holder):
                self._rule("get", "<goto><get><goto>exchange", item)
                self._exchange(item, f"{path}.trade", self._deeper(level), why)
            else:
                self._rule("get", "<steal>", item)
                self._steal(item, path, level, why)

    def _goods(self, person: str) -> list[list[Item]]:
        """What one can offer a person in a trade, in tiers; none is empty."""
        return [tier for tier in self.casting.wants(self.world.characters[person], self._loose()) if tier]

    def _exchange(self, item: str, path: str, level: int, why: str = "") -> None:
        """`<get><goto>exchange`: something that the owner wants, for the item."""
        owner = self.state.holder[item]
        price = self._draw(f"{path}.price", "an item that one can offer in a trade", *self._goods(owner))
        self.taken |= {price.id, owner}
        trade = f"{noun(self.world.characters[owner].name)} wants {noun(price.name)} for {self._named(item)}"
        self._get(price.id, f"{path}.goods", level, trade)
        self._goto(item, path, level)
        self._do("exchange", item, other=owner, price=price.id)

    def _steal(self, item: str, path: str, level: int = 0, why: str = "") -> None:
        """`<steal>`: past the owner unseen, or over a guard."""
        owner = self.state.holder[item]
        place = self._place_of(item)
        guards = [
            creature.id
            for creature in self.world.creatures.values()
            if creature.location == place and creature.id not in self.taken and suits(creature.danger, self.cast.level)
        ]
        if guards and Stream(*self.name, path, "guard").chance(0.5):
            self._rule("steal", "<goto><kill>take", item)
            guard = self._order(path, guards)[0]
            self.taken.add(guard)
            self._goto(item, path, level)
            self._kill(guard, path, level)
        else:
            self._rule("steal", "<goto>stealth take", item)
            self._goto(item, path, level)
            self._do("stealth", owner)
        self._do("take", item, other=owner, why=why)

    def _kill(self, creature: str, path: str, level: int) -> None:
        """`<kill>`."""
        self._rule("kill", RULES["kill"][0], creature)
        self._goto(creature, path, level)
        own = self.cast.creature
        self._do("kill", creature, count=self.cast.count if own and own.id == creature else 1)

    def _named(self, id: str) -> str:
        entity = self.world.get(id)
        return noun(entity.name) if entity else id


def _begin(casting: Casting, cast: Cast) -> State:
    """The state in which the quest is given: the player stands before the giver, who has told where everything is."""
    world = casting.world
    where = {person.id: casting.home_of(person).id for person in world.characters.values()}
    where |= {creature.id: creature.location for creature in world.creatures.values() if creature.location}
    holder = {}
    for item in world.items.values():
        if item.owner is not None and item.location is None:
            holder[item.id] = item.owner
        else:
            where[item.id] = casting.where_is(item).id
    if cast.creature:
        where[cast.creature.id] = cast.place.id
        if cast.person:
            where[cast.person.id] = cast.place.id  # the captive
    known = frozenset((*where, *holder, *world.locations))
    return State(cast.home.id, where, holder, known, casting.walkable)
