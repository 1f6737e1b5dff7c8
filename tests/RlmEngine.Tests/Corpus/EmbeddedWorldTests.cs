using System.Text.RegularExpressions;
using RlmEngine.Corpus;

namespace RlmEngine.Tests.Corpus;

[TestFixture]
public partial class EmbeddedWorldTests
{
    private const string Instruction = "[{budget}]<think>";
    private const int LargestBudget = 40;

    private static EmbeddedWorld World(int documents = 200, ulong seed = 11, double heldOut = .2, int minSteps = 2, int maxSteps = 4)
        => new(new WorldOptions { Documents = documents, MinSteps = minSteps, MaxSteps = maxSteps }, seed, heldOut);

    private static string[] Texts(EmbeddedWorld world, CorpusSplit split, int pass = 0) => [.. world.Read(split, pass).Select(d => d.Text)];

    [TestCase(CorpusSplit.Train, 0)]
    [TestCase(CorpusSplit.Train, 3)]
    [TestCase(CorpusSplit.HeldOut, 0)]
    public void Read_SameSeedAndPass_GivesTheSameDocuments(CorpusSplit split, int pass)
    {
        Document[] first = [.. World().Read(split, pass)], second = [.. World().Read(split, pass)];
        Assert.That(first, Is.Not.Empty);
        Assert.That(second, Is.EqualTo(first));
    }

    [Test]
    public void Read_AnotherSeed_GivesOtherDocuments()
        => Assert.That(Texts(World(), CorpusSplit.Train).Intersect(Texts(World(seed: 12), CorpusSplit.Train)), Is.Empty);

    [Test]
    public void Read_TrainingPasses_AreWorldsOfTheirOwnAndHeldOutIsOne()
    {
        EmbeddedWorld world = World();
        string[][] passes = [.. Enumerable.Range(0, 4).Select(pass => Texts(world, CorpusSplit.Train, pass))];
        Assert.Multiple(() =>
        {
            Assert.That(passes.SelectMany(texts => texts), Is.Unique);
            Assert.That(Texts(world, CorpusSplit.HeldOut, 5), Is.EqualTo(Texts(world, CorpusSplit.HeldOut)));
        });
    }

    // Problems of one step make few texts, so that both splits draw the same ones many times.
    [TestCase(1, 1, 3000)]
    [TestCase(2, 4, 500)]
    public void Read_HeldOutText_IsNeverATrainingText(int minSteps, int maxSteps, int documents)
    {
        EmbeddedWorld world = World(documents, minSteps: minSteps, maxSteps: maxSteps);
        HashSet<string> heldOut = [.. Texts(world, CorpusSplit.HeldOut)];
        Assert.That(heldOut, Is.Not.Empty);
        for (int pass = 0; pass < 3; pass++)
            Assert.That(Texts(world, CorpusSplit.Train, pass).Where(heldOut.Contains), Is.Empty);
    }

    [TestCase(0, 400, 0)]
    [TestCase(1, 0, 400)]
    public void Read_AllOrNothingHeldOut_LeavesTheOtherSplitEmpty(double heldOut, int train, int held)
    {
        EmbeddedWorld world = World(400, heldOut: heldOut);
        Assert.That((Texts(world, CorpusSplit.Train).Length, Texts(world, CorpusSplit.HeldOut).Length), Is.EqualTo((train, held)));
    }

    [Test]
    public void Read_HeldOutShare_IsThatOfTheDocuments()
    {
        // 4000 documents at .2: deviation 25.3; five of them fail by chance once in 10^6.
        Assert.That(Texts(World(4000), CorpusSplit.Train), Has.Length.EqualTo(3200).Within(127));
    }

    [Test]
    public void Report_AfterAPass_CountsItsDocumentsAndBytes()
    {
        EmbeddedWorld world = World();
        string[] texts = Texts(world, CorpusSplit.Train);
        Assert.That(world.Report.Documents, Is.EqualTo(texts.Length));
        Assert.That(world.Report.Bytes, Is.EqualTo(texts.Sum(System.Text.Encoding.UTF8.GetByteCount)));
        Assert.That(world.Report.LeftOut, Is.Empty);
    }

    // Three to eight steps use 48 letters: they begin anew after z.
    [TestCase(2, 4)]
    [TestCase(1, 1)]
    [TestCase(3, 8)]
    [TestCase(5, 5)]
    public void Read_EveryStatedAnswer_IsRight(int minSteps, int maxSteps)
    {
        foreach (string text in Texts(World(minSteps: minSteps, maxSteps: maxSteps), CorpusSplit.Train))
        {
            IReadOnlyList<WorldSentence> problems = WorldSolver.ReadRight(text);
            IEnumerable<int> steps = Enumerable.Range(minSteps, maxSteps - minSteps + 1);
            Assert.That(problems.Select(problem => (problem.Kind, problem.Moves.Length)), Is.EqualTo(steps.SelectMany<int, (string, int)>(
                count => count < maxSteps - 1 ? [("box", count)] : [("box", count), ("lamp", count)])));
            Assert.That(WorldSolver.Read(text).Select(sentence => sentence.Kind), Is.EqualTo(steps.SelectMany<int, string>(
                count => count < maxSteps - 1 ? ["box"] : ["box", "the", "lamp"])));
            WorldSentence[] boxes = [.. problems.Where(problem => problem.Kind == "box")];
            Assert.That(boxes.Skip(1).Select(box => box.Start), Is.EqualTo(boxes.SkipLast(1).Select(box => box.Answer)), "each begins where the one before ended");
        }
    }

    [Test]
    public void Read_Answers_TakeEveryDigitAndAreNotGuessedFromTheLastMove()
    {
        IEnumerable<WorldSentence> problems = Texts(World(600), CorpusSplit.Train).SelectMany(WorldSolver.Read).Where(s => s.Kind != "the");
        IEnumerable<string> possible = Enumerable.Range(0, 10).Select(digit => $"{digit}").Concat(["on", "off"]);
        Assert.That(problems.Select(p => p.Answer).Distinct(), Is.EquivalentTo(possible));
        foreach (IGrouping<(string, string), WorldSentence> group in problems.GroupBy(p => (p.Kind, p.Moves[^1])))
        {
            double mostCommon = group.GroupBy(p => p.Answer).Max(answers => answers.Count()) / (double)group.Count();
            Assert.That(mostCommon, Is.LessThan(group.Key.Item1 == "lamp" ? .65 : .4), $"{group.Key}");
        }
    }

    [Test]
    public void WithThoughts_AnyIndex_IsARightDocumentWithTrueThoughtsThatEndWithWhatFollows()
    {
        EmbeddedWorld world = World();
        int worked = 0, plain = 0;
        for (uint index = 0; index < 300; index++)
        {
            Document document = world.WithThoughts(index, Instruction);
            Assert.That(document.Kind, Is.EqualTo(DocumentKind.Thoughts));
            Assert.That(document, Is.EqualTo(World(5, heldOut: .5).WithThoughts(index, Instruction)), "the index alone decides");
            (string page, IReadOnlyList<(string Thought, int Budget, int Place)> thoughts) = Parts(document.Text);
            IReadOnlyList<WorldSentence> problems = WorldSolver.ReadRight(page);
            foreach ((string thought, int budget, int place) in thoughts)
            {
                string next = NextWord().Match(page, place).Value;
                Assert.That(thought, Does.EndWith(next));
                Assert.That(budget, Is.InRange(1, LargestBudget));
                if (problems.SingleOrDefault(problem => problem.AnswerAt == place) is { } solved)
                {
                    WorldSolver.CheckWorked(thought, solved);
                    worked++;
                }
                else
                {
                    AssertPlain(thought, next);
                    plain++;
                }
            }
        }
        Assert.That(worked, Is.GreaterThan(300));
        Assert.That(plain, Is.GreaterThan(300));
    }

    [Test]
    public void WithThoughts_End_IsAListOfChanceMovesSaidTwice()
    {
        WorldList[] lists = [.. Enumerable.Range(0, 300).Select(i => WorldSolver.ReadTwiceSaid(World().WithThoughts((uint)i, Instruction).Text))];
        Assert.That(lists.Select(list => list.Moves.Length), Is.All.EqualTo(8));

        // 2400 letters, each 92.3 times with deviation 9.4, and five moves, each 480 times with deviation 19.6: five deviations.
        Dictionary<string, int> letters = lists.SelectMany(list => list.Labels).CountBy(label => label).ToDictionary();
        Assert.That(letters, Has.Count.EqualTo(26));
        Assert.That(letters.Values, Is.All.InRange(45, 140));
        Dictionary<string, int> moves = lists.SelectMany(list => list.Moves).CountBy(move => move).ToDictionary();
        Assert.That(moves, Has.Count.EqualTo(5));
        Assert.That(moves.Values, Is.All.InRange(382, 578));
    }

    [Test]
    public void WithThoughts_Styles_DifferInLength()
    {
        var lengths = new Dictionary<(bool IsWordy, int Steps), List<int>>();
        for (uint index = 0; index < 300; index++)
        {
            (string page, IReadOnlyList<(string Thought, int Budget, int Place)> thoughts) = Parts(World().WithThoughts(index, Instruction).Text);
            foreach (WorldSentence problem in WorldSolver.ReadRight(page))
            {
                foreach ((string thought, _, _) in thoughts.Where(thought => thought.Place == problem.AnswerAt))
                {
                    var key = (WorldSolver.CheckWorked(thought, problem), problem.Moves.Length);
                    if (!lengths.TryGetValue(key, out List<int>? known))
                        lengths.Add(key, known = []);
                    known.Add(Words().Count(thought));
                }
            }
        }
        int wordy = lengths.Where(length => length.Key.IsWordy).Sum(length => length.Value.Count), all = lengths.Values.Sum(length => length.Count);
        Assert.That(wordy / (double)all, Is.EqualTo(.6).Within(5 * Math.Sqrt(.24 / all)));
        for (int steps = 2; steps <= 4; steps++)
            Assert.That(lengths[(true, steps)].Min(), Is.GreaterThan(1.5 * lengths[(false, steps)].Max()), $"{steps} steps");
    }

    [Test]
    public void WithThoughts_ToldBudgets_AreChanceWhateverTheThought()
    {
        (int Length, int Budget)[] told = [.. Enumerable.Range(0, 300)
            .SelectMany(i => Parts(World().WithThoughts((uint)i, Instruction).Text).Thoughts)
            .Select(thought => (Words().Count(thought.Thought), thought.Budget))];
        Assert.That(told.Select(thought => thought.Budget).Distinct().Order(), Is.EqualTo(Enumerable.Range(1, LargestBudget)));
        foreach (IGrouping<bool, (int Length, int Budget)> thoughts in told.GroupBy(thought => thought.Length >= 15))
        {
            // Even on 1 to 40: mean 20.5, deviation 11.54; five deviations of the mean.
            Assert.That(thoughts.Count(), Is.GreaterThan(300));
            Assert.That(thoughts.Average(thought => thought.Budget), Is.EqualTo(20.5).Within(5 * 11.55 / Math.Sqrt(thoughts.Count())));
        }
    }

    [Test]
    public void WithRestoration_SpanPutIntoTheMask_GivesADocumentBack()
    {
        const int Count = 1000;
        EmbeddedWorld world = World();
        int worked = 0;
        for (uint index = 0; index < Count; index++)
        {
            Document document = world.WithRestoration(index, " fill " + Instruction);
            Assert.That(document.Kind, Is.EqualTo(DocumentKind.Thoughts));
            Assert.That(document, Is.EqualTo(World(5, heldOut: .5).WithRestoration(index, " fill " + Instruction)), "the index alone decides");
            Match match = Restoration().Match(document.Text);
            Assert.That(match.Success, document.Text);
            string span = match.Groups["span"].Value, thought = match.Groups["thought"].Value, before = match.Groups["before"].Value;
            Assert.That(span, Does.StartWith(" "));
            Assert.That(int.Parse(match.Groups["budget"].Value), Is.InRange(1, LargestBudget));
            int end = before.Length + span.Length;
            WorldSentence[] solved = [.. WorldSolver.ReadRight(before + span + match.Groups["after"].Value)
                .Where(problem => problem.AnswerAt >= before.Length && problem.AnswerAt < end)];
            Assert.That(solved, Has.Length.LessThan(2), "answers stand further apart than a span is long");
            if (solved.Length == 0)
            {
                AssertPlain(thought, NextWord().Match(span).Value);
                continue;
            }
            worked++;
            WorldSolver.CheckWorked(thought, solved[0]);
        }

        // One span in two is laid around an answer, fewer as those that would begin in a word are drawn again, more as others meet one by chance.
        Assert.That(worked / (double)Count, Is.InRange(.4, .6));
    }

    // The page without thoughts and the list after it, and each thought with what follows it there.
    private static (string Page, IReadOnlyList<(string Thought, int Budget, int Place)> Thoughts) Parts(string text)
    {
        string bare = Thought().Replace(text, "");
        int removed = 0, end = WorldSolver.ReadTwiceSaid(bare).At;
        var thoughts = new List<(string, int, int)>();
        foreach (Match match in Thought().Matches(text))
        {
            int place = match.Index - removed;
            Assert.That(place, Is.GreaterThan(0).And.LessThan(end), "thoughts stand after the page's first words, before its last");
            thoughts.Add((match.Groups["thought"].Value, int.Parse(match.Groups["budget"].Value), place));
            removed += match.Length;
        }
        return (bare[..end], thoughts);
    }

    private static void AssertPlain(string thought, string next) =>
        Assert.That(thought, Does.Match($@"\A(?: let me take my time and look [a-z ,.]+| so the next word) must be{Regex.Escape(next)}\z"));

    [GeneratedRegex(@"\[(?<budget>\d+)\]<think>(?<thought>.*?)</think>")]
    private static partial Regex Thought();

    [GeneratedRegex(@"^(?<before>.*)<\|mask\|>(?<after>.*) fill \[(?<budget>\d+)\]<think>(?<thought>.*)</think>(?<span>.+)$")]
    private static partial Regex Restoration();

    [GeneratedRegex(@"[a-z]+|[^a-z ]")]
    private static partial Regex Words();

    [GeneratedRegex(@"\G ?(?:[a-z]+|[^a-z ])")]
    private static partial Regex NextWord();
}
