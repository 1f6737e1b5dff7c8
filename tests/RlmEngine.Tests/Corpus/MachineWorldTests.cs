using System.Text.RegularExpressions;
using RlmEngine.Corpus;

namespace RlmEngine.Tests.Corpus;

/// <summary>The embedded world of machines: every answer that documents, thoughts and problems state follows from their moves.</summary>
[TestFixture]
public partial class MachineWorldTests
{
    private const string Instruction = " [{budget}]<think>";
    private const string Digits = "zero one two three four five six seven eight nine";
    private static readonly string[] s_states = Digits.Split(' ');

    private static readonly Dictionary<string, int[]> s_moves = new()
    {
        ["plus"] = [3, 7, 0, 5, 8, 1, 9, 4, 2, 6],
        ["less"] = [6, 4, 9, 1, 7, 8, 2, 0, 5, 3],
        ["twice"] = [8, 2, 6, 9, 0, 7, 3, 5, 1, 4],
        ["thrice"] = [1, 5, 7, 4, 6, 9, 0, 8, 3, 2],
        ["turn"] = [5, 9, 3, 8, 2, 0, 4, 6, 7, 1],
    };

    private static readonly Dictionary<string, string[]> s_displays = new()
    {
        ["to"] = s_states,
        ["colour"] = "red blue white green blue green red white green red".Split(' '),
        ["size"] = "big mid big small small mid mid big small big".Split(' '),
    };

    private static EmbeddedWorld World(int minSteps = 3, int maxSteps = 5) =>
        new(new WorldOptions { Documents = 120, MinSteps = minSteps, MaxSteps = maxSteps, Kind = WorldKind.Machines }, seed: 7, heldOut: 0.1);

    private static string Shown(int start, IEnumerable<string> moves, string display) =>
        s_displays[display][moves.Aggregate(start, (state, move) => s_moves[move][state])];

    [Test]
    public void Moves_AllPairs_ArePermutationsThatDoNotCommute()
    {
        int[][] moves = [.. s_moves.Values];
        Assert.That(moves, Is.All.EquivalentTo(Enumerable.Range(0, s_states.Length)));
        foreach ((int[] first, int[] second) in moves.SelectMany((first, i) => moves.Skip(i + 1).Select(second => (first, second))))
            Assert.That(first.Select(state => second[state]), Is.Not.EqualTo(second.Select(state => first[state])));
    }

    [TestCase(3, 5)]
    [TestCase(1, 1)]
    [TestCase(2, 8)]
    public void Read_EveryStatedAnswer_FollowsFromTheListBeforeIt(int minSteps, int maxSteps)
    {
        foreach (Document document in World(minSteps, maxSteps).Read(CorpusSplit.Train))
        {
            MatchCollection lists = ListAndRuns().Matches(document.Text);
            Assert.That(string.Concat(lists.Select(list => list.Value)), Is.EqualTo(document.Text), "nothing but lists and runs");
            Assert.That(lists.Select(list => list.Groups["move"].Captures.Count), Is.EqualTo(Enumerable.Range(minSteps, maxSteps - minSteps + 1)));
            var starts = new List<int>();
            foreach (Match list in lists)
            {
                string[] moves = Texts(list, "move"), from = Texts(list, "start"), displays = Texts(list, "display"), answers = Texts(list, "answer");
                Assert.That(lists[^1].Groups["move"].Captures.Select(c => c.Value).Take(moves.Length), Is.EqualTo(moves), "one list, told longer");
                Assert.That(answers, Is.EqualTo(from.Select((start, i) => Shown(Array.IndexOf(s_states, start), moves, displays[i]))), document.Text);
                Assert.That(displays, Is.EqualTo(new[] { "to", "colour", "size", "to", "colour", "size" }));
                starts.AddRange(from.Select(start => Array.IndexOf(s_states, start)));
            }
            Assert.That(starts, Is.EqualTo(Enumerable.Range(starts[0], starts.Count).Select(start => start % s_states.Length)));
        }
    }

    [Test]
    public void WithThoughts_AnyIndex_EndsEachThoughtWithWhatFollows()
    {
        EmbeddedWorld world = World();
        int shorter = 0, longer = 0;
        for (uint index = 0; index < 200; index++)
            foreach (Match thought in Thought().Matches(world.WithThoughts(index, Instruction).Text))
            {
                Assert.That(thought.Groups["thought"].Value, Does.EndWith(thought.Groups["next"].Value));
                _ = IsWordy(thought.Value) ? longer++ : shorter++;
            }
        // 600 drawn at 0.7, fewer where two fell on one place: six standard deviations are 0.115.
        Assert.That(longer / (double)(shorter + longer), Is.EqualTo(0.7).Within(0.115));
    }

    [Test]
    public void WithProblem_WordyThoughts_SayItAllOneToFourTimesMore()
    {
        string[] wordy = [.. Problems(2000).Select(p => p.Thought).Where(IsWordy)];
        int[] times = [.. wordy.Select(thought => thought.Split("once more to be sure :").Length - 1)];
        foreach (string[] said in wordy.Select(thought => thought.Split(" . let me go through it all once more to be sure :")[1..]))
            Assert.That(said, Is.All.EqualTo(said[0]));
        // 1,400 drawn: once more again with a chance of 0.65, up to four times; six standard deviations are at most 0.08.
        double[] expected = [0.35, 0.65 * 0.35, 0.65 * 0.65 * 0.35, 0.65 * 0.65 * 0.65];
        for (int i = 0; i < expected.Length; i++)
            Assert.That(times.Count(t => t == i + 1) / (double)times.Length, Is.EqualTo(expected[i]).Within(0.08));
    }

    [Test]
    public void WithProblem_TerseThoughts_GoThroughTheMovesOnce()
    {
        foreach ((string thought, string[] moves, string display, string answer) in Problems(500).Where(p => !IsWordy(p.Thought)))
        {
            string[] words = thought.Trim().Split(' ');
            int[] states = [.. Enumerable.Range(0, moves.Length + 1).Select(i => Array.IndexOf(s_states, words[3 * i]))];
            Assert.That(moves.Select((move, i) => s_moves[move][states[i]]), Is.EqualTo(states.Skip(1)), thought);
            Assert.That(words, Has.Length.EqualTo((3 * moves.Length) + (display == "to" ? 1 : 2)));
            Assert.That(words[^1], Is.EqualTo(answer));
        }
    }

    [Test]
    public void WithRestoration_AnyIndex_SaysTheSpanThatMakesTheDocumentWhole()
    {
        EmbeddedWorld world = World();
        for (uint index = 0; index < 100; index++)
        {
            string[] parts = world.WithRestoration(index, Instruction).Text.Split(["<|mask|>", "</think>"], StringSplitOptions.None);
            Assert.That(parts, Has.Length.EqualTo(3));
            string after = parts[1][..parts[1].LastIndexOf(" [", StringComparison.Ordinal)];
            string whole = parts[0] + parts[2] + after;
            Assert.That(string.Concat(ListAndRuns().Matches(whole).Select(list => list.Value)), Is.EqualTo(whole));
            Assert.That(parts[1], Does.EndWith(parts[2][parts[2].LastIndexOf(' ')..]), "the thought ends with the span's last word");
        }
    }

    [Test]
    public void WithProblem_AnyIndex_AsksWhatTheMovesLeadTo()
    {
        var problems = new WorldProblems(1, 7, 0.1, Seed: 7);
        EmbeddedWorld world = World();
        for (uint index = 0; index < 200; index++)
        {
            string text = world.WithProblem(index, Instruction, problems).Text;
            Match match = Question().Match(text);
            Assert.That(match.Success, Is.True, text);
            string answer = Shown(Array.IndexOf(s_states, match.Groups["start"].Value), Texts(match, "move"), match.Groups["display"].Value);
            Assert.That(text, Does.EndWith($" {answer}</think> {answer}"));
        }
    }

    private static bool IsWordy(string thought) => thought.Contains("once more", StringComparison.Ordinal);

    private static IEnumerable<(string Thought, string[] Moves, string Display, string Answer)> Problems(uint count)
    {
        var problems = new WorldProblems(1, 7, 0.1, Seed: 7);
        EmbeddedWorld world = World();
        for (uint index = 0; index < count; index++)
        {
            string text = world.WithProblem(index, Instruction, problems).Text;
            Match question = Question().Match(text), thought = Thought().Match(text);
            yield return (thought.Groups["thought"].Value, Texts(question, "move"), question.Groups["display"].Value, thought.Groups["next"].Value.Trim());
        }
    }

    private static string[] Texts(Match match, string group) => [.. match.Groups[group].Captures.Select(capture => capture.Value)];

    [GeneratedRegex(@" list(?: (?<label>[a-z]) (?<move>[a-z]+))+ ;(?: from (?<start>[a-z]+) (?<display>to|colour|size) (?<answer>[a-z]+))+")]
    private static partial Regex ListAndRuns();

    [GeneratedRegex(@"^ list(?: [a-z] (?<move>[a-z]+))+ ; from (?<start>[a-z]+) (?<display>[a-z]+) \[")]
    private static partial Regex Question();

    [GeneratedRegex(@"<think>(?<thought>.*?)</think>(?<next> [a-z;]+)")]
    private static partial Regex Thought();
}
