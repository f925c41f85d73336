"""What the patterns of dialogues say themselves: terms, stances, partings and the like, each in a few variants."""

from __future__ import annotations

from collections.abc import Mapping

from gamegen.generators.dialogue_words import Say, Speaker

_TRUTHS = (
    ("the truth about {subject}", "Tell me the truth about {subject}"),
    ("what {first} has not said about {subject}", "What have you not told me about {subject}?"),
    ("what really happened with {subject}", "What really happened with {subject}?"),
)


def truths(speaker: Speaker, subject: str) -> list[Say]:
    """Ways to ask for a secret."""
    return [speaker.say("asks", must, plain, subject=subject) for must, plain in _TRUTHS]


_STANCES: Mapping[str, tuple[tuple[str, str, str], tuple[tuple[str, str, str], ...]]] = {
    "kind": (
        ("comforts", "is sorry about {subject}", "I am sorry about {subject}, {first}"),
        (
            ("thanks", "nobody else has been kind about {subject}", "Nobody else has been kind about {subject}"),
            ("confesses", "{they} needed to hear that about {subject}", "I needed to hear that about {subject}"),
            (
                "thanks",
                "{they} will remember the kind word about {subject}",
                "I will remember that, whatever {subject} brings",
            ),
        ),
    ),
    "blunt": (
        ("accuses", "{first} had a part in {subject}", "You had a part in this matter of {subject}"),
        (
            ("deflects", "{they} will not be blamed for {subject}", "I will not be blamed for {subject}"),
            (
                "threatens",
                "the player should be careful with words about {subject}",
                "Be careful what you say about {subject}",
            ),
            ("refuses", "{they} owe{s} nobody an answer about {subject}", "I owe nobody an answer about {subject}"),
        ),
    ),
    "sly": (
        ("bargains", "news of {subject} is worth money", "News of {subject} must be worth something"),
        (
            ("bargains", "whoever sells news of {subject} sells it once", "News of {subject} can be sold only once"),
            (
                "jokes",
                "{they} could retire on the gossip about {subject}",
                "I could retire on the gossip about {subject}",
            ),
            (
                "bargains",
                "{they} want{s} half of what {subject} brings in",
                "I want half of whatever {subject} brings in",
            ),
        ),
    ),
}
"""For each stance of the player towards what was told: what the player says, and answers to choose from."""
STANCES = tuple(_STANCES)


def stance(speaker: Speaker, name: str, subject: str) -> tuple[Say, list[Say]]:
    choice, answers = _STANCES[name]
    return (
        speaker.say(*choice, subject=subject),
        [speaker.say(*answer, subject=subject) for answer in answers],
    )


_TRUSTED = {
    "kind": (
        "asks",
        "what {first} would tell a friend about {subject}",
        "What would you tell a friend about {subject}?",
    ),
    "blunt": ("insists", "still wants an answer about {subject}", "You still owe me an answer about {subject}"),
    "sly": ("bargains", "the price for the rest about {subject}", "What is your price for the rest about {subject}?"),
}


def later(speaker: Speaker, name: str, subject: str) -> Say:
    """What only a player of this stance may say later."""
    return speaker.say(*_TRUSTED[name], subject=subject)


def shown(speaker: Speaker, item: str) -> tuple[Say, Say]:
    return (
        speaker.say("persuades", "look at {item}", "Look at {item}. I carried it here", item=item),
        speaker.say("reacts_success", "the player has {item}", "So it is you who has {item}", item=item),
    )


def gift(speaker: Speaker, item: str) -> Say:
    return speaker.say("thanks", "the player may take {item}", "You may take {item} with you", item=item)


def terms(speaker: Speaker, subject: str) -> list[Say]:
    """What opens a negotiation."""
    return [
        speaker.say("bargains", *each, subject=subject)
        for each in (
            ("{they} {do} not speak of {subject} for nothing", "I do not speak of {subject} for nothing"),
            ("talk about {subject} has a price today", "Talk about {subject} has its price today"),
            (
                "{they} want{s} to hear an offer about {subject} first",
                "Make me an offer first, then we speak of {subject}",
            ),
        )
    ]


def resting(speaker: Speaker, subject: str) -> list[Say]:
    """What is said after an offer was heard, whatever it was worth."""
    return [
        speaker.say("bargains", *each, subject=subject)
        for each in (
            ("{they} {have} heard the offer about {subject}", "I have heard your offer about {subject}"),
            ("the player must decide now about {subject}", "Decide now. I will not wait all day over {subject}"),
            ("one more word about {subject} will settle it", "One more word about {subject} and we are done"),
        )
    ]


def holding_back(speaker: Speaker, subject: str) -> list[Say]:
    """What shows that somebody knows more than they say. It is heard again whenever one comes back to it."""
    return [
        speaker.say("deflects", *each, subject=subject)
        for each in (
            ("{they} will not tell everybody about {subject}", "I do not tell everybody about {subject}"),
            ("{subject} is not for every ear", "What I know of {subject} is not for every ear"),
            ("{they} must know whom {they} tell{s} about {subject}", "I must know whom I tell about {subject}"),
        )
    ]


def insult(speaker: Speaker) -> list[tuple[Say, Say]]:
    """How a talk ends in a quarrel."""
    return [
        (
            speaker.say("accuses", "{first} wastes the player's time", "You are wasting my time, {first}"),
            speaker.say("insults", "the player need not come back", "Then do not trouble to come back"),
        ),
        (
            speaker.say("threatens", "{first} will be sorry", "You will be sorry for this, {first}"),
            speaker.say("threatens", "{they} will remember the player's face", "I will remember your face"),
        ),
    ]


def promise(speaker: Speaker) -> list[tuple[Say, Say]]:
    """How a talk ends with a promise."""
    return [
        (
            speaker.say("agrees", "will come back with news", "I will come back with news, {first}"),
            speaker.say("thanks", "{they} will be waiting for news", "I will be waiting for your news"),
        ),
        (
            speaker.say("agrees", "will keep an ear open for {first}", "I will keep an ear open for you, {first}"),
            speaker.say("thanks", "that is more than {they} {have} asked for", "That is more than I have asked for"),
        ),
    ]


def elsewhere(speaker: Speaker) -> list[tuple[Say, Say]]:
    """How a talk ends with a better address."""
    return [
        (
            speaker.say("asks", "whom else one could ask", "Whom else could I ask?"),
            speaker.say(
                "explains", "somebody with more time will know better", "Ask somebody with more time. They know better"
            ),
        ),
        (
            speaker.say("asks", "where to go from here", "Where should I go from here?"),
            speaker.say("warns", "the player should go before it gets late", "Go now, before it gets late"),
        ),
    ]


def work(speaker: Speaker) -> Say:
    return speaker.say("asks", "whether {first} has work", "Is there any work for me here, {first}?")


def accepted(speaker: Speaker) -> Say:
    return speaker.say(
        "thanks", "{they} will be waiting for the player's return", "Good. I will be waiting for you here"
    )


def failed(speaker: Speaker, about: str) -> tuple[Say, Say]:
    return (
        speaker.say("confesses", "has failed over {about}", "It went wrong with {about}", about=about),
        speaker.say(
            "reacts_failure", "{they} had hoped for more about {about}", "I had hoped for more from you", about=about
        ),
    )


def approach(speaker: Speaker) -> Say:
    return speaker.say("asks", "has a word for {first}", "A word with you, {first}, if I may")


def listen(speaker: Speaker) -> Say:
    return speaker.say("asks", "stays and listens to {first}", "Say nothing, and listen")
