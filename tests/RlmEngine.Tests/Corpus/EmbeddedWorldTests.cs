using System.Text.RegularExpressions;
using RlmEngine.Corpus;

namespace RlmEngine.Tests.Corpus;

[TestFixture]
public partial class EmbeddedWorldTests
{
    private const string Instruction = "[{budget}]<think>";

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

    [TestCase(2, 4)]
    [TestCase(1, 1)]
    [TestCase(3, 8)]
    [TestCase(5, 5)]
    public void Read_EveryStatedAnswer_IsRight(int minSteps, int maxSteps)
    {
        foreach (string text in Texts(World(minSteps: minSteps, maxSteps: maxSteps), CorpusSplit.Train))
        {
            WorldSentence[] problems = [.. WorldSolver.Read(text).Where(sentence => sentence.Kind != "the")];
            Assert.That(problems, Is.Not.Empty);
            foreach (WorldSentence problem in problems)
            {
                Assert.That(problem.Answer, Is.EqualTo(WorldSolver.States(problem)[^1]), problem.Text);
                Assert.That(problem.Moves, Has.Length.InRange(minSteps, maxSteps));
                Assert.That(problem.Labels, Is.EqualTo("abcdefgh".Take(problem.Moves.Length).Select(label => $"{label}")));
            }
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
            string bare = Thought().Replace(document.Text, "");
            IReadOnlyList<WorldSentence> sentences = WorldSolver.Read(bare);
            foreach (WorldSentence problem in sentences.Where(s => s.Kind != "the"))
                Assert.That(problem.Answer, Is.EqualTo(WorldSolver.States(problem)[^1]));
            int removed = 0;
            foreach (Match match in Thought().Matches(document.Text))
            {
                int place = match.Index - removed;
                removed += match.Length;
                string thought = match.Groups["thought"].Value;
                Assert.That(match.Groups["budget"].Value, Is.EqualTo($"{Words().Count(thought)}"), thought);
                Assert.That(thought, Does.EndWith(NextWord().Match(bare, place).Value));
                if (sentences.SingleOrDefault(s => s.Kind != "the" && s.AnswerAt == place) is { } problem)
                {
                    AssertWorked(thought, problem);
                    worked++;
                }
                else
                {
                    plain++;
                }
            }
        }
        Assert.That(worked, Is.GreaterThan(300));
        Assert.That(plain, Is.GreaterThan(100));
    }

    // A worked thought names states after =, all of them and in order; where it names labels and moves, they are the problem's.
    private static void AssertWorked(string thought, WorldSentence problem)
    {
        Assert.That(StatesIn().Matches(thought).Select(m => m.Groups[1].Value), Is.EqualTo(WorldSolver.States(problem)), thought);
        string[] moves = [.. MovesIn().Matches(thought).Select(m => m.Groups[1].Value)];
        Assert.That(moves, Is.Empty.Or.EqualTo(problem.Moves), thought);
        string[] labels = [.. LabelsIn().Matches(thought).Select(m => m.Groups[1].Value)];
        Assert.That(labels, Is.Empty.Or.EqualTo(problem.Labels), thought);
    }

    [Test]
    public void WithThoughts_Lengths_DifferByStyle()
    {
        int[] lengths = [.. Enumerable.Range(0, 200).SelectMany(i => Thought().Matches(World().WithThoughts((uint)i, Instruction).Text)
            .Select(m => int.Parse(m.Groups["budget"].Value)))];
        Assert.That(lengths.Min(), Is.LessThan(lengths.Max() / 3));
    }

    [Test]
    public void WithRestoration_SpanPutIntoTheMask_GivesADocumentBack()
    {
        EmbeddedWorld world = World();
        int worked = 0;
        for (uint index = 0; index < 300; index++)
        {
            Document document = world.WithRestoration(index, " fill " + Instruction);
            Assert.That(document, Is.EqualTo(World().WithRestoration(index, " fill " + Instruction)));
            Match match = Restoration().Match(document.Text);
            Assert.That(match.Success, document.Text);
            string span = match.Groups["span"].Value, thought = match.Groups["thought"].Value, before = match.Groups["before"].Value;
            Assert.That(span, Does.StartWith(" "));
            Assert.That(match.Groups["budget"].Value, Is.EqualTo($"{Words().Count(thought)}"));
            IReadOnlyList<WorldSentence> sentences = WorldSolver.Read(before + span + match.Groups["after"].Value);
            foreach (WorldSentence problem in sentences.Where(s => s.Kind != "the"))
                Assert.That(problem.Answer, Is.EqualTo(WorldSolver.States(problem)[^1]));
            int end = before.Length + span.Length;
            WorldSentence[] solved = [.. sentences.Where(s => s.Kind != "the" && s.AnswerAt >= before.Length && s.AnswerAt < end)];
            if (solved.Length == 0)
            {
                Assert.That(thought, Does.EndWith(NextWord().Match(span).Value));
                continue;
            }
            worked++;
            Assert.That(StatesIn().Matches(thought).Select(m => m.Groups[1].Value), Is.EqualTo(solved.SelectMany(WorldSolver.States)));
        }
        Assert.That(worked, Is.GreaterThan(20));
    }

    [GeneratedRegex(@"\[(?<budget>\d+)\]<think>(?<thought>.*?)</think>")]
    private static partial Regex Thought();

    [GeneratedRegex(@"^(?<before>.*)<\|mask\|>(?<after>.*) fill \[(?<budget>\d+)\]<think>(?<thought>.*)</think>(?<span>.+)$")]
    private static partial Regex Restoration();

    [GeneratedRegex(@"[a-z]+|[^a-z ]")]
    private static partial Regex Words();

    [GeneratedRegex(@"\G ?(?:[a-z]+|[^a-z ])")]
    private static partial Regex NextWord();

    [GeneratedRegex(@"=(\d|on|off)")]
    private static partial Regex StatesIn();

    [GeneratedRegex(@" (plus|twice|turn|flip|keep)\b")]
    private static partial Regex MovesIn();

    [GeneratedRegex(@" ([a-h])\b(?! text)")]
    private static partial Regex LabelsIn();
}
