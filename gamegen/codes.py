"""The stable codes of findings and errors. A code never changes its meaning; a new fault gets a new code.

GG0xx usage and environment, GG1xx schema, GG2xx references, GG3xx dialogue, GG4xx quest, GG5xx character,
GG6xx text, GG7xx world, project and templates, GG8xx model and engine.
"""

from __future__ import annotations

CODES: dict[str, str] = {
    # GG0xx usage and environment
    "GG001": "unknown kind",
    "GG002": "unknown format",
    "GG003": "a count that is not positive",
    "GG004": "unknown setting",
    "GG005": "impossible value of a setting",
    "GG006": "input file missing or not readable",
    "GG007": "output belongs to another run",
    "GG008": "output cannot be written",
    "GG009": "another gamegen holds the lock",
    "GG010": "a plugin breaks the contract",
    "GG011": "unknown command or option",
    "GG012": "interrupted",
    "GG013": "an internal fault",
    # GG1xx schema
    "GG101": "a record does not match its schema",
    "GG102": "a schema keyword the grammar does not support",
    "GG103": "a schema that is not valid Draft 2020-12",
    "GG104": "a schema extension changes what exists",
    "GG105": "content that is not JSON",
    # GG3xx dialogue
    "GG301": "a node that no play reaches",
    "GG302": "a dead end: a choice point that offers nothing",
    "GG303": "a softlock: no end can be reached any more",
    "GG304": "a choice that is never open",
    "GG305": "a variable that is not declared",
    "GG306": "a test or effect of another type than its variable",
    "GG307": "a local variable that is declared and not used",
    "GG308": "a target that does not exist",
    "GG309": "a node or choice without exactly one way on",
    "GG310": "an id that is used twice",
    "GG311": "a speaker or participant who is not listed",
    "GG312": "a speaker reveals a fact unknown to them",
    "GG313": "gotos that run in a circle",
    "GG314": "a state space past the bound: not proven",
    "GG315": "an end that no play reaches",
    "GG316": "a placeholder that is not listed, or a single brace",
    # GG7xx world, project and templates
    "GG701": "a file that is not UTF-8",
    "GG702": "a syntax error in TOML or JSON",
    "GG703": "an unknown key in a world or project",
    "GG704": "a missing key in a world or project",
    "GG705": "a value of another type or form than its key takes",
    "GG706": "an id that is taken",
    "GG707": "a reference to what is not there, or of another type",
    "GG708": "no [world] table, or more than one",
    "GG709": "a world without a character",
}
