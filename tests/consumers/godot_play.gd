# Plays walks: godot3-server --path PROJECT -s walk.gd ASKED ANSWERED. See engines.py for the steps.
extends SceneTree

const Load = preload("gamegen_load.gd")
const Player = preload("gamegen_player.gd")


func _init():
	var arguments = OS.get_cmdline_args()
	var count = arguments.size()
	var answers = []
	for request in Load.read(arguments[count - 2])["requests"]:
		var content = Load.read(request["content"])
		var plays = []
		for play in request["plays"]:
			plays.append(_play(content, play))
		answers.append(plays)
	var file = File.new()
	file.open(arguments[count - 1], File.WRITE)
	file.store_string(JSON.print(answers))
	file.close()
	print("GAMEGEN DONE")
	quit()


func _play(content: Dictionary, play: Dictionary) -> Array:
	var state = Player.new_state(content)
	var player = Player.new()
	var rolls = play["rolls"]
	var results = []
	for step in play["steps"]:
		if step.has("set"):
			for one in step["set"]:
				state[one[0]][one[1]] = one[2]
			results.append(null)
		elif step.has("start"):
			for dialogue in content["dialogues"]:
				if dialogue["id"] == step["start"]:
					player.begin(dialogue, state)
			results.append(_heard(player))
		elif step.has("choose"):
			var success = false
			if player.options[step["choose"]]["skill"] != "":
				success = rolls.pop_front()
			player.choose(step["choose"], success)
			results.append(_heard(player))
		else:
			var values = []
			for one in step["get"]:
				values.append(_value(player, one))
			results.append(values)
	return results


func _heard(player) -> Dictionary:
	var lines = []
	for line in player.lines:
		lines.append({
			"id": line["id"], "speaker": line["speaker"], "name": line["speaker_name"], "text": line["text"],
		})
	var choices = []
	for option in player.options:
		var dc = str(_exact(option["dc"])) if option["skill"] != "" else ""
		choices.append({"id": option["line"], "text": option["text"], "skill": option["skill"], "dc": dc})
	return {"lines": lines, "choices": choices}


func _value(player, name: Array):
	if name[0] == "end":
		return player.end.get("id", "")
	if name[0] == "chosen":
		return player.was_chosen(name[1], name[2])
	return _exact(player.value_of(name[0], name[1]))


# A float would be printed as the integer that it must be.
func _exact(value):
	return "a float" if value is float else value
