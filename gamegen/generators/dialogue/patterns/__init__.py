"""The patterns of dialogues: how a talk may go, each in a module of its own.

A pattern is a function (talk, material, exit): it adds its nodes, lets every way through them lead to the node `exit`
at last, and returns the entry. So any of them can be the whole of a talk, between greeting and farewell, or hang from a
choice point of another one. What they leave open - tails to lead on from, points that take more questions, sockets that
may become ends - is filled by growth.py. A pattern for which there is nothing to say returns None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gamegen.generators.dialogue.material import Material
from gamegen.generators.dialogue.patterns import barks, favor, funnel, hub, negotiation, quest, reconverge, secret
from gamegen.generators.dialogue.talk import Entry, Talk

Pattern = Callable[[Talk, Material, str], Entry | None]

MAIN: Mapping[str, Pattern] = {
    "hub": hub.build,
    "funnel": funnel.build,
    "reconverge": reconverge.build,
    "negotiation": negotiation.build,
    "secret": secret.build,
    "quest": quest.build,
    "barks": barks.build,
}
"""What can carry a whole talk, by the name of the setting."""
HUNG: Mapping[str, tuple[Pattern, int, float]] = {
    "favor": (favor.build, 4, 0.5),
    "funnel": (funnel.build, 8, 1.0),
    "negotiation": (negotiation.build, 9, 0.5),
    "reconverge": (reconverge.build, 7, 1.0),
    "secret": (secret.build, 5, 1.0),
}
"""What can hang from a choice point, with the nodes that it takes at least, one more for where it hangs, and the chance
that it is tried: what has few motifs of its own comes less often."""
