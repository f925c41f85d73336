// Written by gamegen. Changes are lost at the next export.
// Plays a dialogue of GamegenContent. Needs nothing beyond GamegenContent.cs; C# 6.
using System;
using System.Collections.Generic;
using System.Text;

namespace Gamegen
{
    /// <summary>The game's own variables: flags, items and quests. They outlive a play; save them with the game.</summary>
    public sealed class GamegenState
    {
        private readonly Dictionary<string, GamegenValue> values = new Dictionary<string, GamegenValue>();

        /// <summary>The state in which a new game begins.</summary>
        public GamegenState(GamegenContent content)
        {
            foreach (GamegenVariable one in content.variables) values[Key(one.type, one.id)] = one.initial;
        }

        /// <summary>The value of a variable; type is flag, item or quest.</summary>
        public GamegenValue Get(string type, string id)
        {
            GamegenValue value;
            if (!values.TryGetValue(Key(type, id), out value))
                throw new KeyNotFoundException("gamegen: no " + type + " " + id);
            return value;
        }

        public void Set(string type, string id, GamegenValue value) { values[Key(type, id)] = value; }
        public void SetFlag(string id, bool value) { Set("flag", id, Of(value)); }
        public void SetFlag(string id, int value) { Set("flag", id, Of(value)); }
        public void SetFlag(string id, string value) { Set("flag", id, Of(value)); }
        public void SetItem(string id, int count) { Set("item", id, Of(count)); }
        public void SetQuest(string id, string state) { Set("quest", id, Of(state)); }

        public static GamegenValue Of(bool value)
        {
            return new GamegenValue { type = "bool", text = "", flag = value };
        }

        public static GamegenValue Of(int value)
        {
            return new GamegenValue { type = "int", text = "", number = value };
        }

        public static GamegenValue Of(string value)
        {
            return new GamegenValue { type = "string", text = value };
        }

        private static string Key(string type, string id) { return type + " " + id; }
    }

    /// <summary>Something that is said; Id is the line id (voice, localisation).</summary>
    public sealed class GamegenLine
    {
        public string Node, Id, Speaker, SpeakerName, Text;
    }

    /// <summary>A choice that can be taken now. Skill is empty for one that rolls no check.</summary>
    public sealed class GamegenOption
    {
        public string Id, LineId, Text, Skill;
        public int Dc;
        internal GamegenChoice Choice;
    }

    /// <summary>
    /// One play. Start, show Lines, then offer Options and Choose one, until End is not null. Local variables and
    /// choices that are offered once begin afresh with each Start.
    /// </summary>
    public sealed class GamegenPlayer
    {
        private readonly GamegenDialogue dialogue;
        private readonly GamegenState state;
        private readonly Dictionary<string, GamegenNode> nodes = new Dictionary<string, GamegenNode>();
        private readonly Dictionary<string, GamegenValue> locals = new Dictionary<string, GamegenValue>();
        private readonly HashSet<string> chosen = new HashSet<string>();
        private readonly List<GamegenLine> lines = new List<GamegenLine>();
        private readonly List<GamegenOption> options = new List<GamegenOption>();
        private GamegenNode node;

        /// <summary>What {name} shows: begins as the record says, and may be changed.</summary>
        public readonly Dictionary<string, string> Placeholders = new Dictionary<string, string>();

        public GamegenPlayer(GamegenDialogue dialogue, GamegenState state)
        {
            this.dialogue = dialogue;
            this.state = state;
            foreach (GamegenNode one in dialogue.nodes) nodes[one.id] = one;
            foreach (GamegenPlaceholder one in dialogue.placeholders) Placeholders[one.name] = one.value;
        }

        /// <summary>What was said since the last choice.</summary>
        public IList<GamegenLine> Lines { get { return lines; } }

        /// <summary>What can be chosen now.</summary>
        public IList<GamegenOption> Options { get { return options; } }

        /// <summary>The end that was reached; null until then.</summary>
        public GamegenEnd End { get; private set; }

        public void Start()
        {
            chosen.Clear();
            locals.Clear();
            foreach (GamegenLocal one in dialogue.variables) locals[one.id] = one.initial;
            End = null;
            Enter(dialogue.start);
        }

        /// <summary>Takes the option of this index; success is the outcome of its check, if it rolls one.</summary>
        public void Choose(int index, bool success = false)
        {
            GamegenChoice choice = options[index].Choice;
            chosen.Add(Mark(node.id, choice.id));
            Apply(choice.effects);
            Enter(choice.skill == "" ? choice.next : success ? choice.success : choice.failure);
        }

        /// <summary>The value of a variable; type is flag, item, quest or local.</summary>
        public GamegenValue Get(string type, string id)
        {
            return type == "local" ? locals[id] : state.Get(type, id);
        }

        /// <summary>Whether a choice was taken in this play.</summary>
        public bool WasChosen(string nodeId, string choiceId) { return chosen.Contains(Mark(nodeId, choiceId)); }

        private static string Mark(string nodeId, string choiceId) { return nodeId + " " + choiceId; }

        private void Enter(string target)
        {
            lines.Clear();
            options.Clear();
            while (true)
            {
                node = nodes[target];
                Apply(node.effects);
                foreach (GamegenText line in node.lines)
                    lines.Add(new GamegenLine
                    {
                        Node = node.id, Id = line.id, Speaker = node.speaker, SpeakerName = node.speakerName,
                        Text = Show(line.text)
                    });
                if (node.next == "") break;
                target = node.next;
            }
            if (node.end != "")
            {
                End = dialogue.ends.Find(one => one.id == node.end);
                Apply(End.effects);
            }
            foreach (GamegenChoice choice in node.choices)
            {
                if (choice.once && WasChosen(node.id, choice.id)) continue;
                if (!Holds(choice.condition)) continue;
                options.Add(new GamegenOption
                {
                    Id = choice.id, LineId = choice.text.id, Text = Show(choice.text.text), Skill = choice.skill,
                    Dc = choice.dc, Choice = choice
                });
            }
        }

        private bool Holds(int index)
        {
            if (index < 0) return true;
            GamegenCondition condition = dialogue.conditions[index];
            switch (condition.kind)
            {
                case "all": return condition.parts.TrueForAll(Holds);
                case "any": return condition.parts.Exists(Holds);
                case "not": return !Holds(condition.parts[0]);
                default: return Test(Get(condition.type, condition.id), condition.op, condition.value);
            }
        }

        private static bool Test(GamegenValue value, string op, GamegenValue constant)
        {
            if (value.type != constant.type)
                throw new InvalidOperationException("gamegen: " + value.type + " compared with " + constant.type);
            switch (op)
            {
                case "==": return Same(value, constant);
                case "!=": return !Same(value, constant);
                case "<": return value.number < constant.number;
                case "<=": return value.number <= constant.number;
                case ">": return value.number > constant.number;
                case ">=": return value.number >= constant.number;
                default: throw new InvalidOperationException("gamegen: unknown comparison " + op);
            }
        }

        private static bool Same(GamegenValue one, GamegenValue other)
        {
            return one.text == other.text && one.number == other.number && one.flag == other.flag;
        }

        private void Apply(List<GamegenEffect> effects)
        {
            foreach (GamegenEffect effect in effects)
            {
                GamegenValue value = effect.value;
                if (value.type == "int")
                {
                    int number = effect.op == "add" ? checked(Get(effect.type, effect.id).number + value.number)
                                                    : value.number;
                    value = GamegenState.Of(effect.type == "item" ? Math.Max(0, number) : number);
                }
                if (effect.type == "local") locals[effect.id] = value;
                else state.Set(effect.type, effect.id, value);
            }
        }

        /// <summary>The text as the player reads it: placeholders replaced, doubled braces as one.</summary>
        public string Show(string text)
        {
            StringBuilder shown = new StringBuilder();
            for (int i = 0; i < text.Length; i++)
            {
                char c = text[i];
                bool doubled = i + 1 < text.Length && text[i + 1] == c;
                if ((c == '{' || c == '}') && doubled)
                {
                    shown.Append(c);
                    i++;
                    continue;
                }
                int close = c == '{' ? text.IndexOf('}', i) : -1;
                string value;
                if (close > i && Placeholders.TryGetValue(text.Substring(i + 1, close - i - 1), out value))
                {
                    shown.Append(value);
                    i = close;
                }
                else shown.Append(c);
            }
            return shown.ToString();
        }
    }
}
