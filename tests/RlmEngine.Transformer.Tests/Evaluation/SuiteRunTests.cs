using System.Text;
using RlmEngine.Evaluation.Suites;
using RlmEngine.Metrics;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests.Evaluation;

/// <summary>Suites with a real model: a run that was stopped anywhere, in any batches, ends with the bytes of one that was not.</summary>
public sealed class SuiteRunTests
{
    private const int Documents = 11;

    private TinySuite _tiny = null!;
    private string _folder = null!;

    private static IEnumerable<SuiteTask> Tasks => [TinySuite.Sampled, TinySuite.Choices];

    [OneTimeSetUp]
    public void MakeModel() => _tiny = new TinySuite();

    [OneTimeTearDown]
    public void DisposeModel() => _tiny.Dispose();

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-suite-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCaseSource(nameof(Tasks))]
    public void Run_StoppedAfterEachBatch_SamplesAreThoseOfAWholeRun(SuiteTask task)
    {
        string whole = Samples("whole", task);
        int stops = 0;
        for (bool done = false; !done; stops++)
        {
            using var stop = new CancellationTokenSource();
            var run = new SuiteRun(_tiny.Model, Options, Folder("stopped")) { Progress = (_, _, _) => stop.Cancel(), Cancel = stop.Token };
            try
            {
                _ = run.Run(task, TinySuite.Data(Documents));
                done = true;
            }
            catch (OperationCanceledException)
            {
                Assert.That(File.Exists(Path.Combine(Folder("stopped"), $"samples_{task.Task}.jsonl")), Is.False);
            }
        }

        Assert.That(stops, Is.GreaterThan(3));
        Assert.That(Samples("stopped", task), Is.EqualTo(whole));
    }

    [TestCaseSource(nameof(Tasks))]
    public void Run_KilledAtAnyByteOfItsJournal_SamplesAreThoseOfAWholeRun(SuiteTask task)
    {
        string whole = Samples("whole", task);
        byte[] journal = File.ReadAllBytes(Path.Combine(Folder("whole"), $"progress_{task.Task}.jsonl"));
        for (int cut = 0; cut < journal.Length; cut += (journal.Length / 13) + 1)
        {
            string name = $"cut{cut}";
            Directory.CreateDirectory(Folder(name));
            File.WriteAllBytes(Path.Combine(Folder(name), $"progress_{task.Task}.jsonl"), journal[..cut]);
            Assert.That(Samples(name, task), Is.EqualTo(whole), name);
        }
    }

    [TestCaseSource(nameof(Tasks))]
    public void Run_JournalWithBytesOfALostBlock_TheyAreAnsweredAgain(SuiteTask task)
    {
        string whole = Samples("whole", task);
        string path = Path.Combine(Folder("whole"), $"progress_{task.Task}.jsonl");
        byte[] journal = File.ReadAllBytes(path);
        journal.AsSpan(journal.Length / 2).Clear();
        File.WriteAllBytes(path, journal);
        Assert.That(Samples("whole", task), Is.EqualTo(whole));
    }

    [TestCaseSource(nameof(Tasks))]
    public void Run_AnyRowsSideBySideAndNoSharing_SameBytes(SuiteTask task)
    {
        string first = Samples("first", task);
        Assert.That(Samples("one", task, Options with { MaxRows = 1 }), Is.EqualTo(first));
        Assert.That(Samples("many", task, Options with { MaxRows = 500 }), Is.EqualTo(first));
        Assert.That(Samples("alone", task, Options with { SharesPrefix = false }), Is.EqualTo(first));
    }

    [Test]
    public void Run_AnotherSeed_OtherSamples() =>
        Assert.That(Samples("a", TinySuite.Sampled), Is.Not.EqualTo(Samples("b", TinySuite.Sampled, Options with { Seed = 2 })));

    [Test]
    public void Run_Limit_TakesTheFirstOfEachSubtaskAndMayGrow()
    {
        string whole = Samples("whole", TinySuite.Choices);
        TaskResult two = Run("grown", TinySuite.Choices, Options with { Limit = 2 });
        Assert.That(two.Documents.Select(document => document.Document.Id), Is.EqualTo(new[] { 0, 1, 2, 3, 4, 5 }));
        Assert.That((two.Original, two.Rows[0].Count), Is.EqualTo((Documents, 6)));
        TaskResult one = Run("one", TinySuite.Sampled, Options with { Limit = 2 });
        Assert.That(one.Documents.Select(document => document.Document.Id), Is.EqualTo(new[] { 0, 1 }), "without subtasks the task's first");

        List<long> done = [];
        SuiteRun more = new(_tiny.Model, Options, Folder("grown")) { Progress = (_, count, _) => done.Add(count) };
        SampleLog.Write(Folder("grown"), more.Run(TinySuite.Choices, TinySuite.Data(Documents)));
        Assert.That(done[0], Is.GreaterThan(6), "what was answered is not asked again");
        Assert.That(ReadSamples("grown", TinySuite.Choices), Is.EqualTo(whole));
        Assert.That(Run("grown", TinySuite.Choices, Options with { Limit = 2 }).Documents, Has.Count.EqualTo(6), "and it may shrink");
    }

    [Test]
    public void Run_FolderOfAnotherQuestion_IsRefused()
    {
        _ = Run("a", TinySuite.Sampled);
        SuiteTask hotter = TinySuite.Sampled with { Generation = TinySuite.Sampled.Generation with { Temperature = 2 } };
        Assert.That(() => Run("a", hotter), Throws.TypeOf<UserInputException>().With.Message.Contains("--out").And.Message.Not.Contains("\n"));
        Assert.That(() => Run("a", TinySuite.Sampled, Options with { Seed = 7 }), Throws.TypeOf<UserInputException>());
        Assert.That(() => Run("a", TinySuite.Sampled, Options with { AddsBegin = false }), Throws.TypeOf<UserInputException>());
        Assert.That(() => new SuiteRun(_tiny.Model with { Hash = "other" }, Options, Folder("a")).Run(TinySuite.Sampled, TinySuite.Data(Documents)), Throws.TypeOf<UserInputException>());
        Assert.That(() => new SuiteRun(_tiny.Model, Options, Folder("a")).Run(TinySuite.Sampled, TinySuite.Data(Documents - 1)), Throws.TypeOf<UserInputException>());
        Assert.That(() => Run("a", TinySuite.Sampled), Throws.Nothing);
    }

    [Test]
    public void Run_Choices_AccuracyIsThatOfDirectSumsOfLogProbs()
    {
        TaskResult result = Run("choices", TinySuite.Choices);
        Assert.That(result.CutPrompts, Is.EqualTo(1));
        string[] rights = [.. result.Documents.Select(document => document.Document.Fields["a"]!.GetValue<string>())];
        for (int i = 0; i < Documents; i++)
        {
            DocumentResult document = result.Documents[i];
            string question = document.Document.Fields["q"]!.GetValue<string>();

            // The space that ends the prompt and the delimiter, another, go with the continuation.
            string context = document.Arguments[0].Prompt.TrimEnd();
            string[] choices = [rights[i], "no", $"é, or {question}"];
            string[] continuations = [.. choices.Select(choice => "  " + choice)];
            double[] sums = [.. continuations.Select(continuation => LogProb(context, continuation, continuations))];
            Assert.That(document.Responses.Select(pair => double.Parse(pair[0]![0]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture)), Is.EqualTo(sums), $"{i}");
            OrderedDictionary<string, double> metrics = document.Filters[0].Metrics;
            Assert.That(metrics["acc"], Is.EqualTo(IsFirstBest(sums) ? 1 : 0));
            Assert.That(metrics["acc_norm"], Is.EqualTo(IsFirstBest([.. sums.Zip(choices, (sum, choice) => sum / choice.Length)]) ? 1 : 0));
            Assert.That(metrics["acc_bytes"], Is.EqualTo(IsFirstBest([.. sums.Zip(choices, (sum, choice) => sum / Encoding.UTF8.GetByteCount(choice))]) ? 1 : 0));
        }
    }

    [Test]
    public void Run_Programs_AreJudgedOnceEachAndResumeWithoutTheJudge()
    {
        SuiteTask task = TinySuite.Sampled with { Metrics = [new MetricOptions { Metric = "pass_at_k" }], ProgramForm = "mbpp", Task = "programs" };
        List<(int, string)> judged = [];
        bool Judge(string form, SuiteDocument document, string program, CancellationToken cancel)
        {
            lock (judged)
                judged.Add((document.Id, program));
            return program.Length % 2 == 0;
        }

        Assert.That(() => Run("programs", task), Throws.TypeOf<UserInputException>());
        TaskResult result = new SuiteRun(_tiny.Model, Options, Folder("programs"), Judge).Run(task, TinySuite.Data(Documents));
        Assert.That(judged, Is.Unique);
        int judgements = judged.Count;
        foreach (DocumentResult document in result.Documents)
        {
            int passed = document.Responses[0].Count(text => text!.GetValue<string>().Length % 2 == 0);
            Assert.That(document.Filters[0].Metrics["pass@1"], Is.EqualTo(passed / 3.0).Within(1e-15));
            Assert.That(document.Filters[0].Metrics["pass@3"], Is.EqualTo(passed > 0 ? 1 : 0));
        }

        _ = new SuiteRun(_tiny.Model, Options, Folder("programs"), Judge).Run(task, TinySuite.Data(Documents));
        Assert.That(judged, Has.Count.EqualTo(judgements), "verdicts stand in the journal");
    }

    [Test]
    public void Run_Responses_EndBeforeTheirStopStringsAndTheLimit()
    {
        TaskResult result = Run("stops", TinySuite.Sampled);
        string[] texts = [.. result.Documents.SelectMany(document => document.Responses[0].Select(text => text!.GetValue<string>()))];
        Assert.That(texts, Has.Length.EqualTo(3 * Documents));
        Assert.That(texts, Has.None.Contains("e").And.None.Contains("\n\n"));
        Assert.That(texts.Distinct().Count(), Is.GreaterThan(Documents), "samples are drawn");
        int longest = Enumerable.Range(0, _tiny.Tokenizer.VocabularySize).Max(token => _tiny.Tokenizer.Decode([token]).Length);
        Assert.That(texts.Select(text => text.Length).Max(), Is.LessThanOrEqualTo(TinySuite.Sampled.Generation.MaxTokens * longest));
    }

    private static SuiteRunOptions Options => new() { MaxRows = 4 };

    private static bool IsFirstBest(double[] values) => values.All(value => values[0] >= value);

    /// <summary>The tokens' log-probs by the trainer's scoring; a context keeps its last tokens where the longest choice leaves no more room.</summary>
    private double LogProb(string context, string continuation, string[] choices)
    {
        int[] continued = _tiny.Tokenizer.Encode(continuation);
        int room = TinySuite.ContextLength + 1 - choices.Max(choice => Encoding.UTF8.GetByteCount(choice));
        int[] tokens = [_tiny.Tokenizer.Special.Begin, .. _tiny.Tokenizer.Encode(context)];
        TokenBatch batch = TestBatches.Sequences([.. tokens[^Math.Min(tokens.Length, room)..], .. continued]);
        float[] logProbs = new float[batch.TargetCount];
        _tiny.Policy.Score(batch, logProbs, new float[batch.TargetCount]);
        double sum = 0;
        foreach (float logProb in logProbs[^continued.Length..])
            sum += logProb;
        return sum;
    }

    private string Folder(string name) => Path.Combine(_folder, name);

    private TaskResult Run(string name, SuiteTask task, SuiteRunOptions? options = null) =>
        new SuiteRun(_tiny.Model, options ?? Options, Folder(name)).Run(task, TinySuite.Data(Documents));

    private string Samples(string name, SuiteTask task, SuiteRunOptions? options = null)
    {
        SampleLog.Write(Folder(name), Run(name, task, options));
        return ReadSamples(name, task);
    }

    private string ReadSamples(string name, SuiteTask task) => File.ReadAllText(Path.Combine(Folder(name), $"samples_{task.Task}.jsonl"));
}
