# Written by gamegen. Changes are lost at the next export.
# Plays a dialogue of gamegen.json. The same text is valid in Godot 3 and Godot 4.
#
#   var state = Player.new_state(content)          # flags, items, quests: the game's own, save it with the game
#   var player = Player.new()
#   player.begin(content["dialogues"][0], state)   # then show player.lines, offer player.options
#   player.choose(0, success)                      # until player.end is not empty

# What was said since the last choice: {node, id, speaker, speaker_name, text}.
var lines: Array = []
# What can be chosen now: {id, line, text, skill, dc}; skill is "" where no check is rolled.
var options: Array = []
# The end that was reached, as the record has it; empty until then.
var end: Dictionary = {}
# What {name} shows; may be changed after begin.
var placeholders: Dictionary = {}
# Local variables of this play, by id.
var locals: Dictionary = {}

var _state: Dictionary = {}
var _nodes: Dictionary = {}
var _ends: Dictionary = {}
var _names: Dictionary = {}
var _chosen: Dictionary = {}
var _node: Dictionary = {}
var _choices: Array = []


# Numbers of parsed JSON as integers, where they are whole: JSON knows floats alone.
static func whole(value):
	if value is Dictionary:
		var by_name = {}
		for key in value:
			by_name[key] = whole(value[key])
		return by_name
	if value is Array:
		var items = []
		for part in value:
			items.append(whole(part))
		return items
	if value is float and value == floor(value):
		return int(value)
	return value


# The state in which a new game begins: {"flag": {id: value}, "item": {id: count}, "quest": {id: state}}.
static func new_state(content: Dictionary) -> Dictionary:
	var state = {"flag": {}, "item": {}, "quest": {}}
	for variable in content["variables"]:
		state[variable["type"]][variable["id"]] = variable["initial"]
	return state


# Starts a play. The state is changed in place; local variables and choices that are offered once begin afresh.
func begin(dialogue: Dictionary, state: Dictionary) -> void:
	_state = state
	_chosen = {}
	locals = {}
	placeholders = {}
	_nodes = _by("id", dialogue["nodes"])
	_ends = _by("id", dialogue["ends"])
	_names = {}
	for variable in dialogue["variables"]:
		locals[variable["id"]] = variable["initial"]
	for reference in dialogue["refs"]:
		_names[reference["id"]] = reference["name"]
	for placeholder in dialogue.get("placeholders", []):
		placeholders[placeholder["name"]] = placeholder["value"]
	end = {}
	_enter(dialogue["start"])


# Takes the option of this index; success is the outcome of its check, if it rolls one.
func choose(index: int, success: bool = false) -> void:
	var choice = _choices[index]
	_chosen[_mark(choice)] = true
	_apply(choice.get("effects", []))
	if choice.has("check"):
		_enter(choice["check"]["success"] if success else choice["check"]["failure"])
	else:
		_enter(choice["goto"])


# The value of a variable now; type is flag, item, quest or local.
func value_of(type: String, id: String):
	return locals[id] if type == "local" else _state[type][id]


# Whether a choice was taken in this play.
func was_chosen(node: String, choice: String) -> bool:
	return _chosen.has(node + " " + choice)


# The text as the player reads it: placeholders replaced, doubled braces as one.
func show(text: String) -> String:
	var shown = ""
	var from = 0
	var at = 0
	while at < text.length():
		var mark = text.substr(at, 1)
		if mark != "{" and mark != "}":
			at += 1
			continue
		shown += text.substr(from, at - from)
		if text.substr(at + 1, 1) == mark:
			shown += mark
			at += 2
		else:
			var close = text.find("}", at) if mark == "{" else -1
			var name = text.substr(at + 1, close - at - 1) if close > at else ""
			if placeholders.has(name):
				shown += placeholders[name]
				at = close + 1
			else:
				shown += mark
				at += 1
		from = at
	return shown + text.substr(from, text.length() - from)


static func _by(key: String, items: Array) -> Dictionary:
	var found = {}
	for item in items:
		found[item[key]] = item
	return found


func _mark(choice: Dictionary) -> String:
	return _node["id"] + " " + choice["id"]


func _enter(target: String) -> void:
	lines = []
	options = []
	_choices = []
	while true:
		_node = _nodes[target]
		_apply(_node.get("effects", []))
		_say()
		if not _node.has("goto"):
			break
		target = _node["goto"]
	if _node.has("end"):
		end = _ends[_node["end"]]
		_apply(end.get("effects", []))
	for choice in _node.get("choices", []):
		if choice.get("once", false) and _chosen.has(_mark(choice)):
			continue
		if _holds(choice.get("condition", {})):
			_choices.append(choice)
			options.append(_option(choice))


func _say() -> void:
	var speaker = _node["speaker"]
	for line in _node["lines"]:
		lines.append({
			"node": _node["id"],
			"id": line["id"],
			"speaker": speaker,
			"speaker_name": _names.get(speaker, speaker),
			"text": show(line["text"]),
		})


func _option(choice: Dictionary) -> Dictionary:
	var check = choice.get("check", {"skill": "", "dc": 0})
	return {
		"id": choice["id"],
		"line": choice["text"]["id"],
		"text": show(choice["text"]["text"]),
		"skill": check["skill"],
		"dc": check["dc"],
	}


func _holds(condition: Dictionary) -> bool:
	if condition.has("all"):
		for part in condition["all"]:
			if not _holds(part):
				return false
		return true
	if condition.has("any"):
		for part in condition["any"]:
			if _holds(part):
				return true
		return false
	if condition.has("not"):
		return not _holds(condition["not"])
	if not condition.has("op"):
		return true
	var value = value_of(condition["type"], condition["id"])
	var constant = condition["value"]
	match condition["op"]:
		"==":
			return value == constant
		"!=":
			return value != constant
		"<":
			return value < constant
		"<=":
			return value <= constant
		">":
			return value > constant
		">=":
			return value >= constant
	return false


func _apply(effects: Array) -> void:
	for effect in effects:
		var value = effect["value"]
		if effect["op"] == "add":
			value += value_of(effect["type"], effect["id"])
		if effect["type"] == "item" and value < 0:
			value = 0
		if effect["type"] == "local":
			locals[effect["id"]] = value
		else:
			_state[effect["type"]][effect["id"]] = value
