using System.Text.RegularExpressions;

namespace RlmEngine.Tests.Corpus;

/// <summary>Works out a text of the embedded world from the text alone: boxes of digits, lamps and statements, as its remarks define them.</summary>
internal static partial class WorldSolver
{
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
                match.Groups["kind"].Value, at, match.Value, match.Groups["start"].Value,
                [.. match.Groups["label"].Captures.Select(c => c.Value)], [.. match.Groups["move"].Captures.Select(c => c.Value)],
                match.Groups["answer"].Value, match.Groups["answer"].Index));
            at += match.Length;
        }
        return sentences;
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
                "twice" => $"{int.Parse(state) * 2 % 10}",
                "turn" => $"{9 - int.Parse(state)}",
                "flip" => state == "on" ? "off" : "on",
                "keep" => state,
                _ => throw new ArgumentException($"move \"{move}\" is not of the world"),
            });
        }
        return [.. states];
    }

    [GeneratedRegex(
        @"\G(?: (?<kind>box)=(?<start>\d)(?: (?<label>[a-z]) (?<move>[a-z]+))+ so=(?<answer>\d) \."
        + @"| (?<kind>lamp)=(?<start>on|off)(?: (?<label>[a-z]) (?<move>[a-z]+))+ so=(?<answer>on|off) \."
        + @"| (?<kind>the) [a-z]+ eats [a-z]+ \.)")]
    private static partial Regex Sentence();
}

/// <summary>One sentence of a world text.</summary>
internal sealed record WorldSentence(
    string Kind, int At, string Text, string Start, string[] Labels, string[] Moves, string Answer, int AnswerAt);
