"""What the patterns of dialogues say themselves: terms, stances, partings and the like, each in a few variants."""

from __future__ import annotations

from collections.abc import Mapping

from gamegen.generators.dialogue.words import Say, Speaker

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
            (
                "confesses",
                "{they} needed to hear that; also: {they} will pretend otherwise by evening",
                "That, I needed to hear. By evening I will pretend otherwise",
            ),
            (
                "thanks",
                "{they} will remember the kind word about {subject}",
                "I will remember that, whatever {subject} brings",
            ),
            (
                "jokes",
                "pity is welcome; also: a hot meal would weigh more",
                "Pity is welcome. A hot meal would weigh more",
            ),
            (
                "deflects",
                "the player should keep some of that kindness for the journey home",
                "Keep some of that kindness for your journey home",
            ),
            (
                "confesses",
                "{their} eyes are wet from the smoke; also: there is no smoke today",
                "These eyes are wet from the smoke. There is no smoke today, I know",
            ),
            (
                "thanks",
                "the last kind stranger came in another season",
                "In another season came the last kind stranger",
            ),
            (
                "agrees",
                "it has been a hard time over {subject}; also: it helps when somebody counts the days as well",
                "Hard times, yes, over {subject}. It helps when somebody counts the days as well",
            ),
            (
                "jokes",
                "sympathy goes well with soup; also: there is no soup",
                "Sympathy goes so well with soup. We are out of soup",
            ),
            ("reveals", "that tone was last heard from {their} grandmother", "Grandmother had that tone. Nobody since"),
            (
                "warns",
                "soft words are picked up quickly here; also: somebody will throw them back",
                "Soft words get picked up quickly here. Somebody will throw them back",
            ),
            (
                "thanks",
                "{they} will sit straighter for the rest of the day",
                "For the rest of the day I will sit straighter",
            ),
            (
                "deflects",
                "{they} {are} not the one to pity; also: the cat took it far harder",
                "Do not pity me. The cat took it far harder",
            ),
            ("grieves", "some days {they} set{s} one plate too many", "Some days the table has one plate too many"),
            (
                "agrees",
                "shared trouble is still trouble; also: it at least gets a chair",
                "Shared trouble is still trouble. At least it gets a chair",
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
            (
                "insults",
                "the player points well for somebody who has just arrived",
                "You point well for somebody who has just arrived",
            ),
            (
                "confesses",
                "{they} held the door; also: what went through it was none of {their} doing",
                "The door, yes, I held it. What went through it was none of my doing",
            ),
            (
                "deflects",
                "half the neighbors had a part; also: the other half sold them lunch",
                "Half the neighbors had a part in it. The other half sold them lunch",
            ),
            (
                "threatens",
                "an accusation like that wants a witness who can still walk",
                "Such an accusation wants a witness who can still walk",
            ),
            (
                "grieves",
                "{they} {have} asked the mirror the same thing; also: it looked away first",
                "Every morning I ask the mirror the same thing. It looks away first",
            ),
            ("jokes", "{they} {have} been called worse by better judges", "Better judges have called me worse"),
            (
                "refuses",
                "the player may shout it from a roof; also: the roofs here are slippery",
                "Shout it from a roof if you like. Roofs are slippery here",
            ),
            ("deflects", "a guilty person would have a better coat", "Would a guilty person wear this coat?"),
            ("agrees", "the blame is heavy and fits more than one back", "Blame is heavy. It fits more than one back"),
            (
                "confesses",
                "{they} signed without reading; also: the pen was very fine",
                "Without reading, I signed. It was a very fine pen",
            ),
            (
                "insults",
                "the player has guessed; also: a thrown boot finds its target more often",
                "Guesswork. A thrown boot finds its target more often",
            ),
            (
                "warns",
                "the wall has just stopped scratching, so somebody is listening",
                "Hear that? The scratching has stopped, so somebody is listening",
            ),
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
            (
                "jokes",
                "the going rate is one goat; also: {they} {do} not take half a goat",
                "One goat is the going rate. Half a goat I do not take",
            ),
            (
                "agrees",
                "the player has a nose for it; also: noses are worth a tenth",
                "You have a nose for it. Noses are worth a tenth",
            ),
            ("warns", "whoever bids first is watched longest", "Whoever bids first is watched longest"),
            ("refuses", "{they} sold a story once and still miss{es} it", "Once I sold a story, and I still miss it"),
            (
                "reveals",
                "a buyer waits at the back; also: the coins he showed were painted",
                "At the back there waits a buyer. His coins were painted",
            ),
            (
                "insults",
                "the player counts money like somebody who has never had any",
                "You count money like somebody who has never had any",
            ),
            ("bargains", "two can carry a sack that one can only drag", "Two can carry what one can only drag"),
            (
                "warns",
                "the last one who priced a secret paid in teeth",
                "Teeth, that is what the last secret seller paid with",
            ),
            (
                "agrees",
                "a clever ear can eat for a week; also: {they} know{s} which door to knock at",
                "A clever ear eats for a week on this. I know which door to knock at",
            ),
            ("refuses", "some goods spoil the hand that sells them", "Some goods spoil the hand that sells them"),
            (
                "jokes",
                "{they} took the player for honest; also: this is a relief",
                "And there I took you for honest. What a relief",
            ),
            (
                "deflects",
                "the buyers have all left town; also: two of them left by night",
                "All the buyers have left town. Two of them did it by night",
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
            (
                "the first word is free; also: the second one has to be earned",
                "One word is free. The next has to be earned",
            ),
            (
                "{they} {have} given too much away this year",
                "Too much I have given away this year. What is in your hand?",
            ),
            (
                "an honest trade needs two honest hands; also: the player should begin",
                "Honest trade needs two honest hands. Begin with yours",
            ),
            (
                "{subject} has cost {them} dearly, so {they} cannot be generous",
                "Dearly I have paid for {subject}, so do not expect a gift",
            ),
            (
                "every door has its toll; also: {they} stand{s} in this one",
                "Every door has its toll. In this one, I stand",
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
            (
                "{they} {have} weighed it; also: the scales are still trembling",
                "It has been weighed. My scales are still trembling",
            ),
            (
                "the kettle sings; also: by its second song there must be an end",
                "There sings the kettle. By its second song, let us end this",
            ),
            ("nobody leaves a half-cut loaf", "Who would leave a half-cut loaf? Finish what you began"),
            (
                "{they} could sleep on it; also: {they} would rather sleep without it",
                "Sleep on it, I could. Better to sleep without it",
            ),
            ("it comes down to what the player says next", "So it comes down to what you say next"),
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
            (
                "there is a drawer that {they} {do} not open for guests",
                "There is a drawer here that opens for no guest",
            ),
            (
                "{their} tongue has been burnt once; also: the scar itches when strangers ask",
                "Burnt once, this tongue of mine. The scar itches when strangers ask",
            ),
            ("whoever wants the rest of {subject} must first be worth it", "Be worth the rest of {subject} first"),
            ("the player asks as if walls were deaf", "You ask as if walls were deaf"),
            (
                "there are answers that need a locked door; also: this one has only a curtain",
                "Certain answers need a locked door. All I have is a curtain",
            ),
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
        (
            speaker.say(
                "accuses", "{first} has told nothing but lies", "Nothing but lies, {first}, from first to last"
            ),
            speaker.say(
                "insults",
                "truth is wasted on the deaf; also: the door is behind the player",
                "Truth is wasted on the deaf. Behind you is the door",
            ),
        ),
        (
            speaker.say("insists", "has heard enough from {first}", "Enough, {first}. I have heard enough"),
            speaker.say(
                "refuses",
                "enough is a word they share at last; also: it is the last they will share",
                "Enough, at last a word we share. Let it be the last",
            ),
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
        (
            speaker.say("agrees", "gives {first} a word of honor", "You have my word, {first}"),
            speaker.say(
                "thanks",
                "a word keeps better than an apple; also: {they} will check on it in a week",
                "A word keeps better than an apple. In a week I will check on it",
            ),
        ),
        (
            speaker.say("agrees", "will ask around for {first}", "Let me ask around for you, {first}"),
            speaker.say(
                "warns",
                "the player should ask as if it did not matter",
                "Ask as if it did not matter, then they will talk",
            ),
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
