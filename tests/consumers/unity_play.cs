// Plays walks: mono play.exe ASKED ANSWERED. See engines.py for the steps. Reads the content as JsonUtility does, into
// public fields, and is stricter: each key must be a field, each field a key, and of its type.
using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Web.Script.Serialization;
using Gamegen;

public static class UnityPlay
{
    public static int Main(string[] arguments)
    {
        JavaScriptSerializer json = new JavaScriptSerializer { MaxJsonLength = int.MaxValue, RecursionLimit = 1000 };
        List<object> answers = new List<object>();
        foreach (Dictionary<string, object> request in Items(json.DeserializeObject(File.ReadAllText(arguments[0]))))
        {
            object raw = json.DeserializeObject((string)request["content"]);
            GamegenContent content = (GamegenContent)Read(raw, typeof(GamegenContent), "$", 0);
            List<object> plays = new List<object>();
            foreach (Dictionary<string, object> play in Items(request["plays"])) plays.Add(Play(content, play));
            answers.Add(plays);
        }
        File.WriteAllText(arguments[1], json.Serialize(answers));
        return 0;
    }

    private static IEnumerable Items(object list) { return (IEnumerable)list; }

    private static object Read(object raw, Type type, string path, int depth)
    {
        if (depth > 10) throw new InvalidDataException(path + ": deeper than JsonUtility reads");
        if (type == typeof(string) || type == typeof(int) || type == typeof(bool))
        {
            if (raw == null || raw.GetType() != type) throw new InvalidDataException(path + ": no " + type.Name);
            return raw;
        }
        if (type.IsGenericType)
        {
            Type item = type.GetGenericArguments()[0];
            IList list = (IList)Activator.CreateInstance(type);
            foreach (object part in (object[])raw) list.Add(Read(part, item, path + "[" + list.Count + "]", depth));
            return list;
        }
        if (!type.IsSerializable) throw new InvalidDataException(type.Name + " is not serializable");
        Dictionary<string, object> values = (Dictionary<string, object>)raw;
        FieldInfo[] fields = type.GetFields(BindingFlags.Public | BindingFlags.Instance);
        if (fields.Length != values.Count) throw new InvalidDataException(path + ": other keys than " + type.Name);
        object result = Activator.CreateInstance(type);
        foreach (FieldInfo field in fields)
            field.SetValue(result, Read(values[field.Name], field.FieldType, path + "." + field.Name, depth + 1));
        return result;
    }

    private static List<object> Play(GamegenContent content, Dictionary<string, object> play)
    {
        string id = (string)play["dialogue"];
        GamegenState state = new GamegenState(content);
        GamegenPlayer player = new GamegenPlayer(content.dialogues.Find(one => one.id == id), state);
        Queue<object> rolls = new Queue<object>((object[])play["rolls"]);
        List<object> results = new List<object>();
        foreach (Dictionary<string, object> step in Items(play["steps"]))
        {
            if (step.ContainsKey("set"))
            {
                foreach (object[] one in Items(step["set"])) state.Set((string)one[0], (string)one[1], Value(one[2]));
                results.Add(null);
            }
            else if (step.ContainsKey("get"))
            {
                List<object> values = new List<object>();
                foreach (object[] one in Items(step["get"])) values.Add(Get(player, one));
                results.Add(values);
            }
            else
            {
                if (step.ContainsKey("start")) player.Start();
                else
                {
                    int index = (int)step["choose"];
                    player.Choose(index, player.Options[index].Skill != "" && (bool)rolls.Dequeue());
                }
                results.Add(Heard(player));
            }
        }
        return results;
    }

    private static GamegenValue Value(object raw)
    {
        if (raw is bool) return GamegenState.Of((bool)raw);
        if (raw is int) return GamegenState.Of((int)raw);
        return GamegenState.Of((string)raw);
    }

    private static object Get(GamegenPlayer player, object[] name)
    {
        if ((string)name[0] == "end") return player.End == null ? "" : player.End.id;
        if ((string)name[0] == "chosen") return player.WasChosen((string)name[1], (string)name[2]);
        GamegenValue value = player.Get((string)name[0], (string)name[1]);
        if (value.type == "bool") return value.flag;
        if (value.type == "int") return value.number;
        return value.text;
    }

    private static Dictionary<string, object> Heard(GamegenPlayer player)
    {
        List<object> lines = new List<object>(), choices = new List<object>();
        foreach (GamegenLine one in player.Lines)
            lines.Add(new Dictionary<string, object>
            {
                { "id", one.Id }, { "speaker", one.Speaker }, { "name", one.SpeakerName }, { "text", one.Text }
            });
        foreach (GamegenOption one in player.Options)
            choices.Add(new Dictionary<string, object>
            {
                { "id", one.LineId }, { "text", one.Text }, { "skill", one.Skill },
                { "dc", one.Skill == "" ? "" : one.Dc.ToString() }
            });
        return new Dictionary<string, object> { { "lines", lines }, { "choices", choices } };
    }
}
