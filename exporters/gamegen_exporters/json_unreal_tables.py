"""The tables of the profile ``unreal``: what their rows hold, from which header and schema follow."""

from __future__ import annotations

from .json_shapes import Enumeration, Shape

ROW = "Row"
"""After the name of a table: the name of its struct and of its row in the schema."""


def enumerator(value: str) -> str:
    """A value of a record as Unreal names it: ``goto`` is ``Goto``."""
    return value.capitalize()


def _enumeration(name: str, values: str) -> Enumeration:
    return Enumeration(name, tuple(map(enumerator, values.split())))


ENUMERATIONS = (
    _enumeration("VariableType", "flag item quest local"),
    _enumeration("ValueType", "bool int string float"),
    _enumeration("ConditionKind", "test all any not"),
    Enumeration("Comparison", ("Equal", "NotEqual", "Less", "LessOrEqual", "Greater", "GreaterOrEqual")),
    _enumeration("Change", "set add"),
    _enumeration("Status", "success failure"),
    _enumeration("QuestType", "main side"),
    _enumeration("Pronouns", "she he they it"),
    _enumeration("Motivation", "knowledge comfort reputation serenity protection conquest wealth ability equipment"),
    _enumeration(
        "Verb",
        "goto explore gather deliver interview kill capture escort defend repair damage use steal spy exchange read "
        "experiment escape sneak",
    ),
)

_VALUE = {"ValueType": "ValueType", "String": "string", "Number": "int", "bFlag": "bool"}
_ABOUT = {"References": "[]Reference", "Placeholders": "[]Placeholder", "Added": "[]Added"}

STRUCTS = (
    Shape("Placeholder", "What {Key} in a text shows.", {"Key": "string", "Value": "string"}),
    Shape(
        "Reference",
        "Something of the world that a record names; Type: character, location, item, fact and so on.",
        {"Type": "string", "Id": "string", "DisplayName": "string"},
    ),
    Shape(
        "Added",
        "A property that the project's own schema adds, by its path; TextKey: its line id, if it is a text.",
        {"Path": "string", "TextKey": "string", **_VALUE},
    ),
    Shape(
        "FailCondition", "The first that holds after a change ends the quest.", {"Condition": "name", "Outcome": "name"}
    ),
    Shape("Count", "A number of an item, or with a faction.", {"Id": "string", "Count": "int"}),
    Shape("Ability", "An ability with its modifier.", {"Id": "string", "Score": "int", "Modifier": "int"}),
    Shape(
        "Skill",
        "A skill or saving throw; bExpertise: the proficiency bonus counts twice.",
        {"Id": "string", "Modifier": "int", "bProficient": "bool", "bExpertise": "bool"},
    ),
    Shape("Equipment", "Something carried.", {"Id": "string", "DisplayName": "string", "Count": "int"}),
    Shape("Relation", "What a character is to another one.", {"To": "string", "Kind": "string"}),
)

TABLES = (
    Shape(
        "Variables",
        "flag.<id>, item.<id>, quest.<id>: the game's own, as they begin; local.<dialogue>.<id>: of one play.",
        {
            "Type": "VariableType",
            "Record": "name",
            "Id": "string",
            "DisplayName": "string",
            **_VALUE,
            "Values": "[]string",
        },
    ),
    Shape(
        "Dialogues",
        "A dialogue by its id.",
        {
            "Topic": "string",
            "Location": "string",
            "Participants": "[]string",
            "Variables": "[]name",
            "Start": "name",
            "Nodes": "[]name",
            "Ends": "[]name",
            **_ABOUT,
        },
    ),
    Shape(
        "Nodes",
        "<dialogue>.<node>: Effects, then Lines, then Choices, or (where there are none) the node Next, or the End.",
        {
            "Dialogue": "name",
            "Id": "string",
            "Speaker": "string",
            "SpeakerName": "string",
            "Intent": "string",
            "Facts": "[]string",
            "Effects": "[]name",
            "Lines": "[]name",
            "Choices": "[]name",
            "Next": "name",
            "End": "name",
        },
    ),
    Shape(
        "Lines",
        "A line by its line id; Index: its place in the node.",
        {"Node": "name", "Index": "int", "Speaker": "string", "TextKey": "string"},
    ),
    Shape(
        "Choices",
        "<dialogue>.<node>.<choice>; with a Skill it rolls against Dc and leads to Success or Failure, else to Next.",
        {
            "Node": "name",
            "Id": "string",
            "TextKey": "string",
            "Condition": "name",
            "Effects": "[]name",
            "bOnce": "bool",
            "Next": "name",
            "Skill": "string",
            "Dc": "int",
            "Success": "name",
            "Failure": "name",
        },
    ),
    Shape(
        "Ends",
        "<dialogue>.<end>",
        {"Dialogue": "name", "Id": "string", "Outcome": "string", "Effects": "[]name"},
    ),
    Shape(
        "Conditions",
        "<kind>.<record>.<number>: Test compares a Variable by Op with the value; All, Any and Not combine Parts.",
        {"Kind": "ConditionKind", "Parts": "[]name", "Variable": "name", "Op": "Comparison", **_VALUE},
    ),
    Shape(
        "Effects",
        "<kind>.<record>.<number>: sets a Variable or adds to it. An item never falls below 0.",
        {"Variable": "name", "Op": "Change", **_VALUE},
    ),
    Shape(
        "Quests",
        "A quest by its id; all Prerequisites must hold before it is offered.",
        {
            "TitleKey": "string",
            "SummaryKey": "string",
            "Giver": "string",
            "Motivation": "Motivation",
            "Strategy": "string",
            "Type": "QuestType",
            "Level": "int",
            "Facts": "[]string",
            "Prerequisites": "[]name",
            "Start": "name",
            "Stages": "[]name",
            "Outcomes": "[]name",
            "FailConditions": "[]FailCondition",
            "Xp": "int",
            "Currency": "int",
            "Items": "[]Count",
            "Reputation": "[]Count",
            **_ABOUT,
        },
    ),
    Shape(
        "Stages",
        "<quest>.<stage>; Edges: the ways on, tried in order.",
        {"Quest": "name", "Id": "string", "JournalKey": "string", "Objectives": "[]name", "Edges": "[]name"},
    ),
    Shape(
        "Objectives",
        "<quest>.<stage>.<objective>; Condition must hold when it is completed; Recipient: who receives a delivery.",
        {
            "Stage": "name",
            "Id": "string",
            "TextKey": "string",
            "Verb": "Verb",
            "Target": "string",
            "Count": "int",
            "Location": "string",
            "Recipient": "string",
            "bOptional": "bool",
            "bHidden": "bool",
            "Condition": "name",
            "Effects": "[]name",
        },
    ),
    Shape(
        "Edges",
        "<quest>.<stage>.<number>: leads to NextStage or Outcome when the Required objectives are done.",
        {"Stage": "name", "Required": "[]name", "Effects": "[]name", "NextStage": "name", "Outcome": "name"},
    ),
    Shape(
        "Outcomes",
        "<quest>.<outcome>",
        {"Quest": "name", "Id": "string", "Status": "Status", "TextKey": "string", "Effects": "[]name"},
    ),
    Shape(
        "Characters",
        "A character sheet by its id; Character: the person of the world whose it is.",
        {
            "Character": "string",
            "DisplayName": "string",
            "Pronouns": "Pronouns",
            "Role": "string",
            "Race": "string",
            "Class": "string",
            "Level": "int",
            "Background": "string",
            "Faction": "string",
            "Location": "string",
            "Culture": "string",
            "Abilities": "[]Ability",
            "ProficiencyBonus": "int",
            "ArmorClass": "int",
            "HitPoints": "int",
            "HitDie": "int",
            "Speed": "int",
            "Saves": "[]Skill",
            "Skills": "[]Skill",
            "Equipment": "[]Equipment",
            "Voice": "string",
            "AppearanceKey": "string",
            "PersonalityKey": "string",
            "IdealKey": "string",
            "BondKey": "string",
            "FlawKey": "string",
            "SecretKey": "string",
            "GoalKeys": "[]string",
            "Relations": "[]Relation",
            "Knows": "[]string",
            "Attribution": "string",
            **_ABOUT,
        },
    ),
)
