# Written by gamegen. Changes are lost at the next export.
# Reads gamegen.json. Godot 3; in Godot 4 one line does the same, without this file:
#   var content = Player.whole(JSON.parse_string(FileAccess.get_file_as_string(path)))
const Player = preload("gamegen_player.gd")


# The content as dictionaries and arrays, numbers as integers; {} if the file cannot be read (the reason is logged).
static func read(path: String) -> Dictionary:
	var file = File.new()
	if file.open(path, File.READ) != OK:
		push_error("gamegen: cannot read " + path)
		return {}
	var parsed = JSON.parse(file.get_as_text())
	file.close()
	if parsed.error != OK:
		push_error("gamegen: no JSON in " + path + ": " + parsed.error_string)
		return {}
	return Player.whole(parsed.result)
