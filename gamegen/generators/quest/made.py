"""One planned quest before it is written down: what is chosen, derived and shaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from gamegen._random import Stream
from gamegen.errors import UsageError
from gamegen.generators.quest.cast import Cast, Casting, Misfit, Unshaped
from gamegen.generators.quest.derivation import DEEPEST, MOST_OBJECTIVES, Derivation, derive
from gamegen.generators.quest.grammar import Strategy
from gamegen.generators.quest.settings import Wishes
from gamegen.generators.quest.stages import Shape, Shaping
from gamegen.generators.quest.texts import Clauses, clauses
from gamegen.generators.quest.turns import Turns
from gamegen.records import JSON
from gamegen.world import Character, World

ATTEMPTS = 4
"""Derivations that are tried until one is as deep as wanted."""
CASTS = 4
"""Casts that are tried for each strategy and giver when the shape of the quest is wished for."""


@dataclass(frozen=True, slots=True)
class Made:
    """One planned quest. id: the record's."""

    id: str
    strategy: Strategy
    casting: Casting
    cast: Cast
    derivation: Derivation
    shape: Shape
    said: Clauses
    type: str
    reward: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """What a quest is to be made of: the world as it stands, the givers in the order in which they are asked, and what
    it may be about: groups of ("target" or "location", id), the first that fits; "" leaves the wishes as they are."""

    world: World
    id: str
    name: tuple[str | int, ...]
    wishes: Wishes
    turns: Turns
    givers: Sequence[Character]
    about: Sequence[Sequence[tuple[str, str]]] = ((("", ""),),)
    given: tuple[Mapping[str, JSON], ...] = ()
    unlike: str = ""
    """The name of a strategy that comes last: the line has just had it."""


def make(task: Task, settings: Mapping[str, JSON]) -> Made:
    """The first strategy, giver and subject that the world can cast. Raises UsageError (GG005) with the reasons."""
    wishes = task.wishes
    strategies = list(task.turns.strategies(wishes.motivation, wishes.strategy))
    strategies.sort(key=lambda strategy: strategy.name == task.unlike)
    reasons: dict[str, bool] = {}
    """Why each does not fit, and whether its roles are filled at least: these come first."""
    shaped = (wishes.depth, wishes.endings, wishes.optional, wishes.wanted.rival)
    casts = 1 if all(wish is None for wish in shaped) else CASTS
    for about, again, strategy, giver in product(task.about, range(casts), strategies, task.givers):
        for role, id in about:
            wanted = wishes.wanted
            if role == "target":
                wanted = replace(wanted, target=id)
            elif role == "location":
                wanted = replace(wanted, location=id)
            try:
                return _made(task, strategy, giver, replace(wishes, wanted=wanted), again)
            except Misfit as misfit:
                reason = f"{strategy.motivation} ({strategy.name}) {misfit}"
                reasons.setdefault(reason, isinstance(misfit, Unshaped))
    shown = "; ".join(sorted(reasons, key=lambda reason: not reasons[reason])[:4]) + ("; …" if len(reasons) > 4 else "")
    wished = ", ".join(f"{key} = {value}" for key, value in settings.items()) or "nothing but a quest"
    raise UsageError.of(
        "GG005",
        f"no quest of this world fits {wished}: {shown}",
        "leave out a setting, or add to the world what is missing",
        path=task.world.path,
    )


def _made(task: Task, strategy: Strategy, giver: Character, wishes: Wishes, again: int) -> Made:
    name = (*task.name, "again", again) if again else task.name
    casting = Casting(task.world, name, giver, wishes.wanted)
    cast = casting.cast(strategy)
    said = clauses(strategy, cast, task.turns)
    depths = _depths(casting, strategy, wishes.depth)
    best: tuple[Derivation, Shape] | None = None
    fault: Misfit | None = None
    # what grows too long at the depth that was drawn is tried less deep; a wish for a depth stands
    tried = [depths, depths, max(0, depths - 1), 0] if wishes.depth is None else [depths] * ATTEMPTS
    for attempt, depth in enumerate(tried):
        if best is not None and depth < depths:
            break
        try:
            derivation = derive(casting, strategy, cast, depth, attempt)
            if derivation.length > MOST_OBJECTIVES:
                continue
            if best is not None and derivation.depth <= best[0].depth:
                continue
            shape = Shaping(casting, strategy, cast, wishes, said.done, task.given).shape(derivation)
        except Misfit as misfit:
            fault = fault or misfit
            continue
        best = (derivation, shape)
        if derivation.depth >= depths:
            break
    if best is None:
        raise fault or Unshaped("grows too long")
    if wishes.depth is not None and best[0].depth != wishes.depth:
        raise Unshaped(f"is {best[0].depth} deep, for want of people to ask or things to trade")
    type = wishes.type or ("main" if Stream(*task.name, "type").chance(0.15) else "side")
    return Made(task.id, strategy, casting, cast, best[0], best[1], said, type, _reward(casting, cast, best[0], wishes))


def _depths(casting: Casting, strategy: Strategy, wished: int | None) -> int:
    """The depth that is wanted: mostly 0 to 2, and at least one level for a strategy of one deed."""
    if wished is not None:
        return wished
    drawn = Stream(*casting.name, "depth").uniform()
    depth = sum(drawn >= bound for bound in (0.2, 0.6, 0.92))
    short = len([symbol for symbol in strategy.symbols if symbol[0] != "<goto>"]) < 2
    return min(DEEPEST, max(depth, 1) if short else depth)


def _reward(casting: Casting, cast: Cast, derivation: Derivation, wishes: Wishes) -> str | None:
    """An item of the giver's own that the quest is not about; the one that is wished for."""
    used = {id for action in derivation.actions for id in (action.target, action.price)}
    if wishes.reward is not None:
        if wishes.reward in used:
            raise Unshaped(f"moves {wishes.reward} itself, which is to be its reward")
        return wishes.reward
    own = [
        item.id
        for item in casting.world.items.values()
        if item.owner == cast.giver.id and "quest" not in item.tags and item.id not in used
    ]
    if not own or not casting.chance("reward", 0.3):
        return None
    return casting.draw("reward", "a reward", (casting.world.items[id] for id in own)).id
