"""The words of each strategy: what a quest comes to, what is asked, why, and how it stands afterwards.

Clauses (for cards and last resorts) are lower case, without a final stop; their fields are names of the cast: giver,
item, owner (of the item), source (of the item), creature, person, place (of the deed). No clause has an item or a
creature as the subject of its verb, since their names may be plural. Alternatives take turns over a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gamegen.generators.quest.grammar import Strategy


@dataclass(frozen=True, slots=True)
class Words:
    """gist: what it comes to, for the title (an infinitive clause). task: what the player is to do, for the summary
    (an infinitive clause). reason: why the giver asks. done: how it stands afterwards. title: for the last resort; it
    names nobody."""

    gist: tuple[str, ...]
    task: str
    reason: tuple[str, ...]
    done: tuple[str, ...]
    title: tuple[str, ...]


def words_of(strategy: Strategy) -> Words:
    """The words of a strategy's own sequence."""
    return _WORDS[strategy.slug, strategy.variant]


_WORDS: Mapping[tuple[str, int], Words] = {
    ("deliver_item_for_study", 1): Words(
        ("bring {item} to {giver} for study", "get {item} under the eyes of {giver}"),
        "find {item} at {source} and bring it to {giver} for study",
        (
            "{giver} wants to study {item}",
            "{giver} has a question that only {item} can answer",
            "{giver} has read about {item} and never held it",
        ),
        ("{giver} has {item} to study", "{giver} can look into {item} at last"),
        ("A Closer Look", "Under the Lamp", "What the Thing Says"),
    ),
    ("spy", 1): Words(
        ("spy on {person} for {giver}", "watch {person} at {place}"),
        "spy on {person} at {place} and report to {giver}",
        (
            "{giver} does not trust {person}",
            "{giver} wants to know whom {person} meets",
            "{giver} thinks that {person} has something to hide",
        ),
        ("{giver} knows what {person} does all day", "{giver} has an answer about {person}"),
        ("Eyes on the Door", "A Day of Watching", "Seen and Not Heard"),
    ),
    ("interview_npc", 1): Words(
        ("find out what {person} knows", "get {person} to talk"),
        "ask {person} at {place} what there is to know and report to {giver}",
        (
            "{giver} thinks that {person} knows more",
            "{giver} has heard only half of the story",
            "{person} will not talk to {giver}",
        ),
        ("{giver} has heard what {person} knows", "{giver} knows the other half of the story"),
        ("A Question Worth the Walk", "The Other Half", "Ask and Be Told"),
    ),
    ("use_an_item_in_the_field", 1): Words(
        ("try {item} at {place}", "put {item} to the test at {place}"),
        "fetch {item} from {source}, try it at {place} and bring it to {giver}",
        (
            "{giver} wants to know what {item} can do at {place}",
            "{giver} needs a trial of {item} outdoors",
            "{giver} will believe in {item} after a trial at {place}",
        ),
        ("{giver} has {item} and an answer", "{giver} knows what came of the trial at {place}"),
        ("Trial in the Field", "Put to the Proof", "One Honest Test"),
    ),
    ("obtain_luxuries", 1): Words(
        ("get {item} for {giver}", "bring {giver} the comfort of {item}"),
        "find {item} at {source} and bring it to {giver}",
        (
            "{giver} has set a heart on {item}",
            "{giver} has gone without comforts for too long",
            "{giver} wants {item} and will pay for the pleasure",
        ),
        ("{giver} has {item} at last", "{giver} is content with {item}"),
        ("Small Comforts", "A Treat for One", "The Finer Things"),
    ),
    ("kill_pests", 1): Words(
        ("rid {place} of {creature}", "drive {creature} from {place}"),
        "drive {creature} off at {place} and report to {giver}",
        (
            "{giver} wants {creature} gone from {place}",
            "{giver} has lost sleep over {creature}",
            "{giver} cannot work with {creature} at {place}",
        ),
        ("{giver} sees {place} rid of {creature}", "{giver} can work at {place} again"),
        ("A Quiet Night's Sleep", "Out With Them", "Pest Control"),
    ),
    ("obtain_rare_items", 1): Words(
        ("win {item} for {giver}", "get {item}, of which there is no second"),
        "get {item} from {source} and bring it to {giver}",
        (
            "{giver} wants to be known as the owner of {item}",
            "{giver} has boasted of {item} too early",
            "{giver} hopes that {item} will impress the neighbors",
        ),
        ("{giver} can show {item} to everyone", "{giver} is known as the owner of {item}"),
        ("Something to Show", "One of a Kind", "The Envy of the Town"),
    ),
    ("kill_enemies", 1): Words(
        ("kill {creature} for the good name of {giver}", "end the threat of {creature}"),
        "kill {creature} at {place} and tell {giver}",
        (
            "{giver} has promised to deal with {creature}",
            "{giver} wants to be the one who ended {creature}",
            "people laugh at {giver} because of {creature}",
        ),
        ("{giver} has kept a promise about {creature}", "nobody laughs at {giver} any more"),
        ("A Name to Keep", "Promised and Done", "The Talk of the Town"),
    ),
    ("visit_a_dangerous_place", 1): Words(
        ("brave {place}", "go where nobody goes: {place}"),
        "go to {place}, where few people dare to go, and report to {giver}",
        (
            "{giver} wants to know what waits at {place}",
            "{giver} has a bet about {place}",
            "nobody believes what {giver} says about {place}",
        ),
        ("{giver} has news of {place}", "{giver} has won a bet about {place}"),
        ("Where Nobody Goes", "There and Back", "A Bet on Your Nerve"),
    ),
    ("revenge_justice", 1): Words(
        ("wreck {item} for {giver}", "pay {owner} back for {giver}"),
        "wreck {item}, which {owner} owns, at {source}",
        (
            "{giver} has a score to settle with {owner}",
            "{giver} says that {owner} has earned this",
            "{giver} will not forgive {owner}",
        ),
        ("{giver} calls the score with {owner} settled", "{owner} knows how it feels to lose something"),
        ("A Score to Settle", "Fair Is Fair", "The Price of It"),
    ),
    ("revenge_justice", 2): Words(
        ("pay {creature} back for {giver}", "settle the score with {creature}"),
        "punish {creature} at {place} for {giver}",
        (
            "{giver} has scars from {creature} and wants justice",
            "{giver} has lost too much to {creature}",
            "{giver} will not rest while {creature} can do harm",
        ),
        ("{giver} has had justice", "{giver} can think of {creature} without anger"),
        ("Tooth for Tooth", "Scars Repaid", "An Old Grudge"),
    ),
    ("capture_criminal", 1): Words(
        ("confront {person} with {item}", "make {person} answer to {giver}"),
        "fetch {item} from {source}, confront {person} with it at {place} and bring it to {giver}",
        (
            "{giver} holds {person} to be guilty",
            "{giver} wants {person} to admit it",
            "{giver} has no proof against {person} without {item}",
        ),
        ("{giver} has proof against {person}", "{person} has to answer to {giver}"),
        ("Proof in Hand", "Caught Out", "The Weight of Evidence"),
    ),
    ("capture_criminal", 2): Words(
        ("catch {creature} with {item}", "bring {creature} to {giver} alive"),
        "fetch {item} from {source}, catch {creature} with it at {place} and bring the catch to {giver}",
        (
            "{giver} wants {creature} alive",
            "{giver} has put a price on {creature}",
            "{giver} means to lock {creature} away",
        ),
        ("{giver} has {creature} under lock and key", "{giver} has paid for {creature}"),
        ("Alive and Kicking", "The Trap", "Under Lock and Key"),
    ),
    ("check_on_npc", 1): Words(
        ("see how {person} fares", "bring {giver} word of {person}"),
        "visit {person} at {place} and bring word to {giver}",
        (
            "{giver} worries about {person}",
            "{giver} has had no word from {person} for days",
            "{giver} dreamed badly of {person}",
        ),
        ("{giver} has word from {person}", "{giver} need not worry about {person}"),
        ("A Word From a Friend", "Nothing but a Visit", "How Fares a Friend"),
    ),
    ("check_on_npc", 2): Words(
        ("fetch {item} from {person}", "see how {person} fares and bring {item}"),
        "look in on {person} at {place}, fetch {item} there and bring it to {giver}",
        (
            "{giver} takes {item} as a sign that {person} is well",
            "{giver} has not seen {person} for days",
            "{giver} lent a hand to {person} and was promised {item}",
        ),
        ("{giver} has {item} and knows that {person} is well", "{giver} has a sign from {person}"),
        ("A Token of Health", "A Sign From a Friend", "Proof of Life"),
    ),
    ("recover_lost_stolen_item", 1): Words(
        ("recover {item} for {giver}", "find what {giver} has lost: {item}"),
        "find {item} at {source} and bring it back to {giver}",
        (
            "{giver} misses {item}",
            "{giver} had {item} once and wants it back",
            "{giver} cannot rest before {item} is found",
        ),
        ("{giver} has {item} back", "{giver} need not look for {item} any more"),
        ("Lost and Found", "Back Where It Belongs", "The Missing Piece"),
    ),
    ("rescue_captured_npc", 1): Words(
        ("rescue {person} from {creature}", "bring {person} home alive"),
        "drive {creature} off at {place}, bring {person} home and tell {giver}",
        (
            "{giver} fears that {creature} took {person}",
            "{person} has not come home from {place}",
            "{giver} heard {person} cry for help at {place}",
        ),
        ("{person} is home, and {giver} knows it", "{giver} has {person} safe and well"),
        ("The Long Way Home", "Still Breathing", "Out of the Dark"),
    ),
    ("attack_threatening_entities", 1): Words(
        ("beat {creature} before anyone is hurt", "make {place} safe from {creature}"),
        "drive {creature} off at {place} and tell {giver} that it is safe",
        (
            "{giver} fears {creature} at {place}",
            "{giver} has seen {creature} come closer every day",
            "{giver} expects {creature} to hurt somebody soon",
        ),
        ("{giver} need not fear {creature} any more", "{giver} knows that {place} is safe"),
        ("Before Anyone Is Hurt", "Safe by Nightfall", "The First Blow"),
    ),
    ("treat_or_repair", 1): Words(
        ("treat {person} with {item}", "bring {item} to {person} in need"),
        "fetch {item} from {source} and use it to help {person} at {place}",
        (
            "{giver} fears for {person}",
            "{giver} thinks that {item} will put {person} right",
            "{person} is too proud to ask {giver} for help",
        ),
        ("{person} feels better, and {giver} knows it", "{giver} sees {person} on the mend"),
        ("A Helping Hand", "The Cure", "On the Mend"),
    ),
    ("treat_or_repair", 2): Words(
        ("repair {place}", "save {place} from ruin"),
        "go to {place} and repair it for {giver}",
        (
            "{giver} wants {place} repaired before it is too late",
            "{giver} has watched {place} fall apart",
            "{giver} depends on {place} and cannot mend it alone",
        ),
        ("{giver} sees {place} repaired", "{giver} can count on {place} again"),
        ("Before It Breaks", "Good as New", "Hammer and Patience"),
    ),
    ("create_diversion", 1): Words(
        ("make a stir at {place}", "draw all eyes to {place}"),
        "fetch {item} from {source} and use it to make a stir at {place}",
        (
            "{giver} needs all eyes on {place} for an hour",
            "{giver} wants to pass unseen while people look at {place}",
            "{giver} has plans that a stir at {place} would help",
        ),
        ("{giver} went unseen while {place} was in a stir", "{giver} has had an hour unwatched"),
        ("All Eyes Elsewhere", "A Useful Noise", "Look Over There"),
    ),
    ("create_diversion", 2): Words(
        ("wreck {item} to keep {owner} busy", "give {owner} something else to think of"),
        "wreck {item} at {source} so that {owner} is busy",
        (
            "{giver} needs {owner} busy for a day",
            "{giver} has plans that {owner} must not see",
            "{giver} wants {owner} to look the other way",
        ),
        ("{owner} was too busy to notice {giver}", "{giver} has had a day without {owner}"),
        ("Busy Hands", "A Small Disaster", "The Other Way"),
    ),
    ("assemble_fortification", 1): Words(
        ("make {place} strong", "put {place} in order against attack"),
        "go to {place} and make it strong for {giver}",
        (
            "{giver} expects trouble at {place}",
            "{giver} thinks that {place} would fall in an hour",
            "{giver} wants {place} to stand through the next attack",
        ),
        ("{giver} can hold {place} now", "{giver} trusts the walls of {place}"),
        ("Walls That Hold", "Bar the Door", "Strong by Dusk"),
    ),
    ("guard_entity", 1): Words(
        ("guard {place}", "hold {place} for {giver}"),
        "go to {place} and guard it for {giver}",
        (
            "{giver} expects an attack on {place}",
            "{giver} cannot watch {place} alone",
            "{giver} has been warned about {place}",
        ),
        ("nobody has taken {place} from {giver}", "{giver} still has {place}"),
        ("The Night Watch", "Hold the Line", "Until Morning"),
    ),
    ("guard_entity", 2): Words(
        ("guard {person}", "keep {person} safe for {giver}"),
        "go to {person} at {place} and keep watch for {giver}",
        (
            "{giver} fears for {person}",
            "{giver} has heard a threat against {person}",
            "{giver} wants somebody awake beside {person}",
        ),
        ("{person} is safe, and {giver} knows it", "nobody has laid a hand on {person}"),
        ("A Shadow at the Door", "Safe Hands", "Awake Till Dawn"),
    ),
    ("attack_enemy", 1): Words(
        ("take {place} from {creature}", "win {place} for {giver}"),
        "go to {place} and drive off {creature} for {giver}",
        (
            "{giver} wants to take {place} from {creature}",
            "{giver} claims {place} and everything in it",
            "{giver} will not share {place} with {creature}",
        ),
        ("{giver} has taken {place}", "{place} belongs to {giver} now"),
        ("Contested Ground", "A Foothold", "Ours by Morning"),
    ),
    ("steal_stuff", 1): Words(
        ("steal {item} from {owner}", "take from {owner} what {giver} wants"),
        "steal {item} from {owner} at {source} and bring it to {giver}",
        (
            "{giver} wants {item}, which {owner} owns",
            "{giver} wants {owner} weaker by the loss of {item}",
            "{owner} will not sell {item} to {giver}",
        ),
        ("{giver} has {item}, and {owner} has lost it", "{owner} is the weaker for the loss of {item}"),
        ("What Is Yours Is Mine", "Light Fingers", "A Change of Owner"),
    ),
    ("gather_raw_materials", 1): Words(
        ("fetch {item}, which sells well", "make money with {item}"),
        "go to {source} for {giver} and fetch {item}, which sells well",
        (
            "{giver} knows a buyer for {item}",
            "{giver} has promised {item} to a trader",
            "{giver} can turn {item} into money",
        ),
        ("{giver} pays well for {item}", "{giver} has sold {item} and shared the money"),
        ("Worth the Carrying", "Honest Profit", "Load and Carry"),
    ),
    ("steal_valuables_for_resale", 1): Words(
        ("steal {item} to sell it", "turn the goods of {owner} into money"),
        "steal {item} from {owner} at {source} so that {giver} can sell it",
        (
            "{giver} knows a buyer for {item}, which {owner} owns",
            "{giver} needs money and {owner} has {item}",
            "{giver} says that {owner} will hardly miss {item}",
        ),
        ("{giver} has sold {item}, and {owner} has lost it", "{giver} counts the money for {item}"),
        ("A Buyer in Mind", "Easy Money", "Hardly Missed"),
    ),
    ("make_valuables_for_resale", 1): Words(
        ("mend {item} to sell it", "make {item} worth its price again"),
        "repair {item} at {source} so that {giver} can sell it",
        (
            "{giver} can sell {item} once it works",
            "{giver} has a buyer who pays only for sound goods",
            "{giver} needs money and has nothing to sell but {item}",
        ),
        ("{giver} has {item} ready for sale", "{giver} has been paid for {item}"),
        ("Worth Mending", "A Better Price", "Sound Goods"),
    ),
    ("assemble_tool_for_new_skill", 1): Words(
        ("mend {item} and learn to use it", "put {item} together and try it"),
        "repair {item} at {source} and learn to use it, as {giver} says",
        (
            "{giver} says that whoever mends {item} learns to use it",
            "{giver} offers a lesson with {item}",
            "{giver} teaches nobody with a broken tool",
        ),
        ("the player has learned to use {item}", "{giver} has nothing more to teach about {item}"),
        ("Some Assembly", "Mend and Learn", "The Right Tool"),
    ),
    ("obtain_training_materials", 1): Words(
        ("learn to use {item}", "get {item} for a first lesson"),
        "fetch {item} from {source} and learn to use it, as {giver} says",
        (
            "{giver} offers a lesson with {item}",
            "{giver} says that nobody learns with empty hands",
            "{giver} wants to see what the player makes of {item}",
        ),
        ("the player has learned to use {item}", "{giver} is pleased with the first lesson"),
        ("The First Lesson", "Hands On", "Learning by Doing"),
    ),
    ("use_existing_tools", 1): Words(
        ("work with {item}", "show what {item} can do"),
        "go to {source} and work with {item}, as {giver} says",
        (
            "{giver} says that {item} will teach more than words",
            "{giver} wants {item} used again",
            "{giver} thinks that good tools make good hands",
        ),
        ("the player has learned to work with {item}", "{giver} has seen {item} well used"),
        ("Good Tools", "Tricks of the Trade", "Not Idle Hands"),
    ),
    ("practice_combat", 1): Words(
        ("learn to fight on {creature}", "practice on {creature}"),
        "go to {place} and practice fighting on {creature}, as {giver} says",
        (
            "{giver} says that {creature} will teach the player to fight",
            "{giver} trains nobody who has not faced {creature}",
            "{giver} wants to see the player fight",
        ),
        ("the player has learned to fight", "{giver} is satisfied with the player's arm"),
        ("Practice Makes Scars", "A Lesson in Bruises", "First Blood"),
    ),
    ("practice_skill", 1): Words(
        ("practice with {item}", "get better with {item}"),
        "go to {source} and practice with {item}, as {giver} says",
        (
            "{giver} says that a hundred tries with {item} make a master",
            "{giver} wants to see the player practice",
            "{giver} thinks that the player is out of practice",
        ),
        ("the player is better with {item} than before", "{giver} has seen the player improve"),
        ("Once More", "A Hundred Tries", "Steady Hands"),
    ),
    ("research_a_skill", 1): Words(
        ("find out how to use {item}", "study the use of {item}"),
        "fetch {item} from {source} and find out how it is used",
        (
            "{giver} has forgotten how to use {item}",
            "{giver} thinks that there is a skill in {item} that nobody has",
            "{giver} collects whatever people know about {item}",
        ),
        ("the player knows how to use {item}", "{giver} has written down how to use {item}"),
        ("The Lost Knack", "How It Is Done", "Notes for Later"),
    ),
    ("research_a_skill", 2): Words(
        ("experiment with {item}", "find out what {item} can do"),
        "fetch {item} from {source} and find out by trying what it does",
        (
            "{giver} wants to know what {item} can do",
            "{giver} dares not try {item} alone",
            "{giver} has a theory about {item} and no proof",
        ),
        ("the player knows what {item} can do", "{giver} has proof of a theory about {item}"),
        ("Trial and Error", "What If", "A Careful Experiment"),
    ),
    ("assemble", 1): Words(
        ("put {item} in order", "get {item} to work"),
        "go to {source} and repair {item} for {giver}",
        (
            "{giver} needs {item} in working order",
            "{giver} has left {item} broken for too long",
            "{giver} cannot go on without {item}",
        ),
        ("{giver} has {item} in working order", "{giver} can count on {item} again"),
        ("In Working Order", "Piece by Piece", "Nuts and Bolts"),
    ),
    ("deliver_supplies", 1): Words(
        ("supply {giver} with {item}", "bring {item} to {giver} before the stores are empty"),
        "fetch {item} from {source} and bring it to {giver} as supplies",
        (
            "{giver} is short of supplies and needs {item}",
            "{giver} cannot leave to fetch {item}",
            "{giver} has used up the last of the stores",
        ),
        ("{giver} has {item} and can go on working", "{giver} has full stores again"),
        ("Running Short", "Stores for a Week", "The Supply Run"),
    ),
    ("steal_supplies", 1): Words(
        ("steal {item} for the stores of {giver}", "help yourself to {item}"),
        "steal {item} from {owner} at {source} for {giver}",
        (
            "{giver} has nothing left and {owner} has {item}",
            "{owner} will not share {item} with {giver}",
            "{giver} says that {owner} has more than enough",
        ),
        ("the player has {item}, and {owner} goes without", "{giver} has what {owner} would not share"),
        ("More Than Enough", "Short on Supplies", "A Lean Season"),
    ),
    ("trade_for_supplies", 1): Words(
        ("trade for {item}", "strike a bargain for {item}"),
        "get {item} from {owner} at {source} by a fair trade for {giver}",
        (
            "{giver} needs {item} and has something to offer",
            "{giver} has heard that {owner} will trade {item}",
            "{giver} would rather trade with {owner} than steal",
        ),
        ("{giver} and {owner} both call it a fair trade", "{giver} has {item} without a debt to {owner}"),
        ("A Fair Trade", "Give and Take", "The Bargain"),
    ),
}
