using System.Text.RegularExpressions;

namespace RlmEngine.Tests.Corpus;

/// <summary>Works out a text of the embedded world from the text alone: boxes of digits, lamps and statements, as its remarks define them.</summary>
internal static partial class WorldSolver
{
    private const string BoxMoves = "plus|less|twice|thrice|turn";

    /// <summary>Sentences of a whole text; fails the test on anything that is none.</summary>
    public static IReadOnlyList<WorldSentence> Read(string text)
    {
        var sentences = new List<WorldSentence>();
        int at = 0;
        while (at < text.Length)
        {
            Match match = Sentence().Match(text, at);
            Assert.That(match.Success && match.Index == at, Is.True, $"no sentence at {at} of \"{text}\"");
            sentences.Add(new WorldSentence(
                match.Groups["kind"].Value, match.Value, match.Groups["start"].Value.Trim(), Captures(match, "label"), Captures(match, "move"),
                match.Groups["answer"].Value.Trim(), match.Groups["answer"].Index, Captures(match, "againLabel"), Captures(match, "againMove")));
            at += match.Length;
        }
        return sentences;
    }

    /// <summary>Boxes and lamps of a whole text, each with the right answer and its moves recited; letters run on through the text.</summary>
    public static IReadOnlyList<WorldSentence> ReadRight(string text)
    {
        WorldSentence[] problems = [.. Read(text).Where(sentence => sentence.Kind != "the")];
        Assert.That(problems, Is.Not.Empty);
        foreach (WorldSentence problem in problems)
        {
            Assert.That(problem.Answer, Is.EqualTo(States(problem)[^1]), problem.Text);
            Assert.That(problem.AgainLabels, Is.EqualTo(problem.Labels), problem.Text);
            Assert.That(problem.AgainMoves, Is.EqualTo(problem.Moves), problem.Text);
        }
        string letters = string.Concat(problems.SelectMany(problem => problem.Labels));
        Assert.That(letters, Is.EqualTo(string.Concat(Enumerable.Range(0, letters.Length).Select(i => (char)('a' + i % 26)))));
        return problems;
    }

    /// <summary>All states of a box or lamp, from its start to its end.</summary>
    public static string[] States(WorldSentence sentence)
    {
        var states = new List<string> { sentence.Start };
        foreach (string move in sentence.Moves)
        {
            string state = states[^1];
            states.Add(move switch
            {
                "plus" => $"{(int.Parse(state) + 3) % 10}",
                "less" => $"{(int.Parse(state) + 9) % 10}",
                "twice" => $"{int.Parse(state) * 2 % 10}",
                "thrice" => $"{int.Parse(state) * 3 % 10}",
                "turn" => $"{9 - int.Parse(state)}",
                "flip" => state == "on" ? "off" : "on",
                "keep" => state,
                _ => throw new ArgumentException($"move \"{move}\" is not of the world"),
            });
        }
        return [.. states];
    }

    /// <summary>Moves under letters, said twice, that a text ends with.</summary>
    public static WorldList ReadTwiceSaid(string text)
    {
        Match match = TwiceSaid().Match(text);
        Assert.That(match.Success, Is.True, $"no list said twice ends \"{text}\"");
        return new WorldList(match.Index, Captures(match, "label"), Captures(match, "move"));
    }

    /// <summary>Checks that a thought works a problem out, with its letters, moves and states in order, the start first.</summary>
    /// <returns>True for the wordy style.</returns>
    public static bool CheckWorked(string thought, WorldSentence problem)
    {
        Match match = Worked().Match(thought);
        Assert.That(match.Success, Is.True, thought);
        bool isWordy = thought.StartsWith(WordyOpening, StringComparison.Ordinal);
        Assert.That(Captures(match, "label"), Is.EqualTo(problem.Labels), thought);
        Assert.That(Captures(match, "move"), Is.EqualTo(problem.Moves), thought);
        string[] states = [.. Captures(match, "start"), .. Captures(match, "state")];
        Assert.That(states, Is.EqualTo(States(problem)), thought);
        return isWordy;
    }

    private static string[] Captures(Match match, string group) => [.. match.Groups[group].Captures.Select(capture => capture.Value.Trim())];

    [GeneratedRegex(
        @"\G(?: (?<kind>box)=(?<start>\d)(?: (?<label>[a-z]) (?<move>" + BoxMoves + @"))+ so=(?<answer>\d) \."
        + @" list(?: (?<againLabel>[a-z]) (?<againMove>[a-z]+))+ \."
        + @"| (?<kind>lamp)(?<start> on| off)(?: (?<label>[a-z]) (?<move>flip|keep))+ so(?<answer> on| off) \."
        + @" list(?: (?<againLabel>[a-z]) (?<againMove>[a-z]+))+ \."
        + @"| (?<kind>the) [a-z]+ eats [a-z]+ \.)")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"(?<once> list(?: (?<label>[a-z]) (?<move>" + BoxMoves + @"))+ \.)\k<once>\z")]
    private static partial Regex TwiceSaid();

    private const string WordyOpening = " let me take my time and work it out step by step from the text so far : we start at";

    [GeneratedRegex(
        "^(?:" + WordyOpening + @"=(?<start>\d)(?: then (?<label>[a-z]) (?<move>" + BoxMoves + @")=(?<state>\d))+"
        + "|" + WordyOpening + @"(?<start> on| off)(?: then (?<label>[a-z]) (?<move>flip|keep)(?<state> on| off))+"
        + @"| start at=(?<start>\d)(?: (?<label>[a-z]) (?<move>" + BoxMoves + @")=(?<state>\d))+"
        + @"| start at(?<start> on| off)(?: (?<label>[a-z]) (?<move>flip|keep)(?<state> on| off))+)\z")]
    private static partial Regex Worked();
}

/// <summary>One sentence of a world text; a lamp's answer begins with the space before it.</summary>
internal sealed record WorldSentence(
    string Kind, string Text, string Start, string[] Labels, string[] Moves, string Answer, int AnswerAt, string[] AgainLabels, string[] AgainMoves);

/// <summary>A list said twice, with the place in characters where it begins.</summary>
internal sealed record WorldList(int At, string[] Labels, string[] Moves);
