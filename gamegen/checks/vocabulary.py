"""Word lists of the text checks (English)."""

from __future__ import annotations

from gamegen._words import word_set

TITLES = word_set(
    """
    abbess abbot admiral alderman auntie aunt baron baroness bishop boss brigadier brother captain cardinal chairman
    chancellor chief colonel commander constable corporal count countess dad daddy da dame deacon dean detective doc
    doctor dr duchess duke earl emperor empress father general god goddess governor gran grandad grandfather grandma
    grandmother grandpa granny heaven hell his her highness honor honour inspector judge justice king lad lady
    lieutenant lord lordship ladyship ma madam madame magistrate maester major majesty mam mama marquis marshal
    master mayor messrs miss mister mistress mom monsieur mother mr mrs ms mum nana nurse officer pa papa parson
    pastor president priest prince princess principal prioress private professor queen reeve reverend saint senator
    sergeant sheriff sir sire sister skipper squire st superintendent uncle vicar viceroy vizier warden widow your
    """
)
"""Ways to address and title people: they carry a capital without naming anybody."""

CALENDAR = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december spring summer autumn winter christmas easter lent sabbath midsummer
    midwinter mondays tuesdays wednesdays thursdays fridays saturdays sundays
    """
)

PEOPLES = word_set(
    """
    african american arab arabic asian british celtic chinese christian danish dutch egyptian english european
    french german greek gypsy hebrew indian irish italian japanese jewish latin mongol moorish muslim norse
    norwegian persian polish portuguese roman russian scottish spanish swedish turkish venetian viking welsh genoese
    """
)
"""Languages and peoples."""

GIVEN_NAMES = word_set(
    """
    aaron adam alan albert alex alexander alice amanda amy andrew angela anna anne anthony arthur barbara benjamin
    betty brian carl carlos carol caroline catherine charles charlie charlotte chloe chris christina christopher
    clara daniel danny dave david diana donald dorothy edward elara eleanor elena eliza elizabeth ella ellen emily
    emma eric ethan evelyn fred george greg hannah harold harry helen henry isaac isabella jacob jake james jane
    janet jason jeff jennifer jenny jeremy jerry jessica jim jimmy joe john johnny jonathan joseph joshua juan
    juliet karen kate katherine kathy katie keith kelly ken kevin kyle larry laura lauren leo leonardo lily linda
    lisa louis louise lucas lucy luke maria marie martha martin mary matt matthew maya megan melissa mia michael
    michelle mike mikey nancy nathan nicholas nicole noah oliver olivia oscar pamela patricia patrick paul peter
    philip rachel raj raven rebecca richard rick robert robin ron ronald ryan sally sam samantha samuel sandra sarah
    scott sean sharon simon sophia sophie stephen steve steven susan thomas tim timmy timothy tom tommy tony tyler
    victoria vincent walter wendy william zoe
    """
)
"""Names that a model falls back on: at the start of a sentence, where a capital proves nothing, these are names."""
