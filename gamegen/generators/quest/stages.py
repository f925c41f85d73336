"""From a derivation to the quest's shape: stages, edges, outcomes, prerequisites and fail conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gamegen._random import Stream
from gamegen.generators.phrases import noun
from gamegen.generators.quest.branches import Alternative, Branches
from gamegen.generators.quest.cast import Cast, Casting, Unshaped
from gamegen.generators.quest.derivation import Derivation
from gamegen.generators.quest.flags import Effects, Flags, is_set, raised
from gamegen.generators.quest.grammar import Strategy
from gamegen.generators.quest.settings import Wishes
from gamegen.generators.quest.steps import Names, Step, Steps
from gamegen.records import JSON
from gamegen.world import Flag

MOST_STAGES = 7

_STAGES: Mapping[str, str] = {
    "goto": "travel",
    "explore": "search",
    "gather": "fetch",
    "collect": "fetch",
    "steal": "theft",
    "deliver": "delivery",
    "surrender": "delivery",
    "exchange": "trade",
    "ask": "inquiry",
    "visit": "visit",
    "message": "message",
    "report": "report",
    "read": "reading",
    "kill": "fight",
    "fight": "fight",
    "capture": "capture",
    "escort": "way_home",
    "guard": "stand",
    "defend": "stand",
    "repair": "repair",
    "mend": "repair",
    "damage": "wrecking",
    "destroy": "wrecking",
    "confront": "confrontation",
    "bait": "trap",
    "treat": "treatment",
    "spy": "watch",
    "sneak": "approach",
}
"""The name of a stage by the way of its last step; of any other way: trial."""


@dataclass(frozen=True, slots=True)
class Ending:
    """One outcome; `after` names the objective that chooses it, None for the one that fails the quest."""

    id: str
    status: str
    must: str
    effects: Effects = ()
    after: str | None = None
    rival: bool = False
    """Whether it serves another side than the giver's."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: its objectives, and the endings that its last step (`main`) or a step instead of it leads to."""

    id: str
    steps: tuple[Step, ...]
    main: str
    endings: tuple[Ending, ...] = ()

    def needed(self) -> list[str]:
        """The objectives that every way out of the stage requires."""
        chosen = {self.main, *(ending.after for ending in self.endings)}
        return [step.id for step in self.steps if not step.optional and step.id not in chosen]


@dataclass(frozen=True, slots=True)
class Shape:
    """The whole quest without its words."""

    stages: tuple[Stage, ...]
    endings: tuple[Ending, ...]
    prerequisites: tuple[Mapping[str, JSON], ...] = ()
    fail_conditions: tuple[Mapping[str, JSON], ...] = ()

    @property
    def steps(self) -> Iterator[Step]:
        return (step for stage in self.stages for step in stage.steps)


@dataclass(frozen=True, slots=True)
class _Failing:
    """A way to fail: the condition, what must hold at first, and how it is told."""

    condition: Mapping[str, JSON]
    before: Mapping[str, JSON]
    must: str


class Shaping:
    """Builds the shape of one quest; the draws are named like those of the casting.

    done: how it stands after the main outcome. given: prerequisites that hold anyway, of the quest line.
    """

    def __init__(
        self,
        casting: Casting,
        strategy: Strategy,
        cast: Cast,
        wishes: Wishes,
        done: str,
        given: Sequence[Mapping[str, JSON]] = (),
    ) -> None:
        self.casting = casting
        self.strategy = strategy
        self.cast = cast
        self.wishes = wishes
        self.done = done
        self.given = tuple(given)
        self.states = Names({"inactive"})
        self.steps = Steps(casting, strategy, cast)
        self.flags = Flags(casting, strategy, cast)
        self.branches = Branches(casting, cast, self.steps, self.flags)

    def shape(self, derivation: Derivation) -> Shape:
        """Raises Unshaped when the quest has no room for what is wished, or grows beyond its caps."""
        groups = self.steps.of(derivation)
        if len(groups) > MOST_STAGES:
            raise Unshaped(f"has {len(groups)} stages")
        mains = [group[-1].id for group in groups]
        branches = self._branches(groups)
        self._extras(groups, len(branches))
        complete = self._complete(mains[-1])
        endings: list[Ending] = [complete]
        by_stage: dict[int, list[Ending]] = {}
        for number, each in branches:
            groups[number].append(each.step)
            ending = Ending(
                self.states.new(each.name[:100]), "success", each.must, each.effects, each.step.id, each.rival
            )
            endings.append(ending)
            by_stage.setdefault(number, []).append(ending)
        failing = self._failing(complete)
        prerequisites = [is_set(flag, False) for flag in self._untouched()]
        fails: tuple[Mapping[str, JSON], ...] = ()
        if failing is not None:
            endings.append(Ending(self.states.new("failed"), "failure", failing.must))
            fails = ({"condition": failing.condition, "outcome": endings[-1].id},)
            prerequisites.append(dict(failing.before))
        stages = []
        for number, group in enumerate(groups):
            main = next(step for step in group if step.id == mains[number])
            name = self.states.new(_STAGES.get(main.saying.way, "trial"))
            stages.append(Stage(name, tuple(group), main.id, tuple(by_stage.get(number, ()))))
        unique = {str(sorted(test.items())): test for test in (*self.given, *prerequisites)}
        return Shape(tuple(stages), tuple(endings), tuple(unique.values()), fails)

    def _branches(self, groups: list[list[Step]]) -> list[tuple[int, Alternative]]:
        wished = self.wishes.endings
        rival = self.wishes.wanted.rival
        drawn = Stream(*self.casting.name, "endings").uniform()
        number = wished or sum(drawn >= bound for bound in (0, 0.3, 0.75, 0.93))
        number = max(number, 2) if rival is not None and wished is None else number
        found = self.branches.alternatives(groups, number - 1, wished is not None)
        if wished is not None and len(found) + 1 < wished:
            raise Unshaped(f"has only {len(found) + 1} endings")
        if rival is not None and not any(each.name == f"sided_with_{rival.id}" for _, each in found):
            raise Unshaped("leaves nothing for the rival to gain")
        return found

    def _extras(self, groups: list[list[Step]], others: int) -> None:
        wished = self.wishes.optional
        drawn = Stream(*self.casting.name, "optional").uniform()
        number = sum(drawn >= bound for bound in (0.3, 0.78)) if wished is None else wished
        found = self.branches.extras(groups, number, others)
        if wished is not None and found < wished:
            raise Unshaped(f"has room for only {found} optional objectives")

    def _complete(self, main: str) -> Ending:
        """The outcome that the giver wishes for."""
        receiver = self.cast.giver if self.strategy.does("give") else None
        effects = (*raised([*self.flags.deeds[:1], *self.flags.robbed[:1]]), *self.flags.held_by(receiver))
        return Ending(self.states.new("complete"), "success", self.done, effects, main)

    def _untouched(self) -> list[Flag]:
        """Flags that must not be set yet: what the quest is to bring about."""
        deeds = self.flags.deeds[:1]
        return deeds if self.casting.chance("prerequisite", 0.75) else []

    def _failing(self, complete: Ending) -> _Failing | None:
        """How the quest may fail: the giver's side turns enemy, time runs out, somebody else is faster, or the place is
        in alarm."""
        wished = self.wishes.fails
        if wished is False:
            return None
        giver = noun(self.cast.giver.name)
        own = {str(effect["id"]) for effect in complete.effects}
        tested = {str(test.get("id", "")) for test in self.given}
        found: list[tuple[float, _Failing]] = []
        for flag in self.flags.against[:1]:
            found.append((0.7, _Failing(is_set(flag, True), is_set(flag, False), f"it is too late to help {giver}")))
        for flag in self.flags.times[:1]:
            left = {"type": "flag", "id": flag.id}
            out, more = {**left, "op": "<=", "value": 0}, {**left, "op": ">", "value": 0}
            found.append((0.2, _Failing(out, more, f"the time that {giver} had is over")))
        for flag in self.flags.deeds[:1]:
            must = f"somebody else was faster, and {giver} needs no help any more"
            found.append((0.3, _Failing(is_set(flag, True), is_set(flag, False), must)))
        for flag in self.flags.alarms:
            must = f"everything has changed, and {giver} has other worries now"
            found.append((0.0, _Failing(is_set(flag, True), is_set(flag, False), must)))
        # a flag that an outcome sets may fail the quest only from outside; the quest's own end comes first
        found = [
            (share, each)
            for share, each in found
            if each.condition["id"] not in tested and (each.condition["id"] not in own or share == 0.3)
        ]
        for number, (share, each) in enumerate(found):
            if wished or self.casting.chance(f"fail {number}", share):
                return each
        if wished:
            raise Unshaped("needs a flag that can fail it, such as a bool <faction>_hostile that starts false")
        return None
