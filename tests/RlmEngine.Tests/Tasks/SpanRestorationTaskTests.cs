using RlmEngine.Curriculum;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tasks;

[TestFixture]
public class SpanRestorationTaskTests
{
    private const int Think = 6;
    private const int Answer = 10;
    private static readonly ByteLevelBpe _tokenizer = Tokenizers.Bytes;
    private static readonly string _text = string.Join(' ', Enumerable.Range(10, 60).Select(i => $"word{i * i}"));

    private static TaskOptions Options() => new()
    {
        Type = TaskType.SpanRestoration,
        MaxThinkTokens = Think,
        MaxAnswerTokens = Answer,
        MaxSpanTokens = Answer - 1,
        WholeWords = false,
        Prompt = new PromptOptions { Before = "<", After = "[{budget}]<think>" },
    };

    private static SpanRestorationTask Task(TaskOptions options, int contextLength, params string[] texts) => new(
        new TokenizedDocuments(new ListCorpus(texts), _tokenizer), _tokenizer, options, contextLength,
        new CompletionScorer(_tokenizer, ContextModel.Argmax(_tokenizer.VocabularySize, 1000, _ => 0)));

    private static PhiloxStream Stream(ulong seed) => new(seed, new PhiloxCounter(RandomPurpose.Task, 0, 0, 0, 0));

    /// <summary>The document that the prompt and its reference make together.</summary>
    private static int[] Reconstruct(Prompt prompt, int before, int after)
    {
        int[] shown = prompt.Tokens[before..^after];
        int mask = Array.IndexOf(shown, _tokenizer.Special.Mask!.Value);
        Assert.That(shown.Count(token => token == _tokenizer.Special.Mask!.Value), Is.EqualTo(1));
        return [.. shown[..mask], .. prompt.Reference, .. shown[(mask + 1)..]];
    }

    [TestCase(0, 4)]
    [TestCase(12, 5)]
    [TestCase(333, 6)]
    public void Corrupt_WholeDocument_PromptAndReferenceGiveItBack(int budget, int after)
    {
        int[] document = _tokenizer.Document(_text);
        SpanRestorationTask task = Task(Options(), 2000);
        PhiloxStream random = Stream(1);
        for (int i = 0; i < 200; i++)
        {
            Prompt prompt = task.Corrupt(document, budget, ref random)!;
            Assert.That(Reconstruct(prompt, 1, after), Is.EqualTo(document));
            Assert.That(prompt.Source, Is.SameAs(document));
            Assert.That(prompt.EndsDocument);
            Assert.That(document[prompt.Position..(prompt.Position + prompt.Span)], Is.EqualTo(prompt.Reference));
            Assert.That(_tokenizer.Decode(prompt.Tokens), Does.StartWith("<").And.EndsWith($"[{budget}]<think>"));
            Assert.That(prompt.Budget, Is.EqualTo(budget));
            Assert.That(prompt.Tier, Is.Null);
            Assert.That(prompt.Stop, Is.EqualTo(new StopRule(Think, Answer, true)));
        }
    }

    // Beside the document stand <, the mask for at least one token, [12]<think>, the thought and its end, the answer, and one to spare.
    [TestCase(60)]
    [TestCase(100)]
    [TestCase(400)]
    public void Corrupt_DocumentLongerThanTheContext_ShowsAWindowOfIt(int contextLength)
    {
        int[] document = _tokenizer.Document(_text);
        SpanRestorationTask task = Task(Options(), contextLength);
        PhiloxStream random = Stream(2);
        int room = contextLength - 1 - 5 - 1 - Think - 1 - Answer - 1;
        var starts = new HashSet<int>();
        for (int i = 0; i < 3000; i++)
        {
            if (task.Corrupt(document, 12, ref random) is not { } prompt)
                continue;
            int[] window = Reconstruct(prompt, 1, 5);
            Assert.That(window, Is.EqualTo(prompt.Source).And.Length.EqualTo(room));
            Assert.That(window[0], Is.EqualTo(_tokenizer.Special.End));
            int start = document.AsSpan().IndexOf(window.AsSpan(1));
            Assert.That(start, Is.GreaterThan(0), "a window is contiguous");
            Assert.That(prompt.EndsDocument, Is.EqualTo(start + room - 1 == document.Length));
            Assert.That(prompt.Tokens.Length + Think + 1 + Answer, Is.LessThanOrEqualTo(contextLength));
            starts.Add(start);
        }
        Assert.That(starts.Min(), Is.EqualTo(1));
        Assert.That(starts.Max(), Is.EqualTo(document.Length - room + 1));
        Assert.That(starts, Has.Count.GreaterThan((document.Length - room) * 95 / 100), "windows begin everywhere");
    }

    [TestCase(1)]
    [TestCase(24)]
    [TestCase(26)]
    public void Corrupt_ContextTooSmall_GivesNothing(int contextLength)
    {
        PhiloxStream random = Stream(3);
        Assert.That(Task(Options(), contextLength).Corrupt(_tokenizer.Document(_text), 12, ref random), Is.Null);
    }

    [Test]
    public void Corrupt_ContextTokens_LimitTheWindow()
    {
        TaskOptions options = Options();
        options = options with { Prompt = options.Prompt! with { ContextTokens = 30 } };
        PhiloxStream random = Stream(4);
        Assert.That(Task(options, 2000).Corrupt(_tokenizer.Document(_text), 1, ref random)!.Source, Has.Length.EqualTo(30));
    }

    [Test]
    public void Corrupt_AnySpan_LeavesRoomForItsEndTokenInTheAnswer()
    {
        SpanRestorationTask task = Task(Options() with { MaxSpanTokens = 32 }, 2000);
        PhiloxStream random = Stream(5);
        Prompt[] prompts = [.. Enumerable.Range(0, 400).Select(_ => task.Corrupt(_tokenizer.Document(_text), 1, ref random)).OfType<Prompt>()];
        Assert.That(prompts.Max(p => p.Span), Is.EqualTo(Answer - 1));
    }

    [TestCase(".", 5)]
    [TestCase("", 5)]
    public void Corrupt_NothingToRestore_GivesNothing(string text, int budget)
    {
        PhiloxStream random = Stream(6);
        Assert.That(Task(Options(), 200).Corrupt(_tokenizer.Document(text), budget, ref random), Is.Null);
    }

    [Test]
    public void Draw_DocumentsWithoutTasksAmongThem_PassesOverThose()
    {
        SpanRestorationTask task = Task(Options(), 2000, "", _text, "aaaa", _text.ToUpperInvariant());
        PhiloxStream random = Stream(7);
        IReadOnlyList<Prompt> prompts = task.Draw(9, 0, 10, ref random);
        Assert.That(prompts, Has.Count.EqualTo(9));
        Assert.That(prompts.Select(p => p.Source!.Length), Is.All.EqualTo(_text.Length + 1));
    }

    [Test]
    public void Draw_NoDocumentWithATask_IsRefused()
    {
        PhiloxStream random = Stream(7);
        SpanRestorationTask task = Task(Options(), 2000, "aaaa", "");
        Assert.That(() => task.Draw(2, 0, 10, ref random), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("spanRestoration"));
    }

    [TestCase(0, 40)]
    [TestCase(5, 20)]
    [TestCase(10, 10)]
    public void Draw_BudgetOptions_AskForTheStepsBudget(int step, int budget)
    {
        PhiloxStream random = Stream(8);
        TaskOptions options = Options() with { Budget = new BudgetOptions { Initial = 40, Decay = .25 }, Prompt = null };
        IReadOnlyList<Prompt> prompts = Task(options, 2000, _text).Draw(3, step, 10, ref random);
        Assert.That(prompts.Select(p => p.Budget), Is.All.EqualTo(budget));
        Assert.That(prompts.Select(p => _tokenizer.Decode(p.Tokens)), Is.All.EndsWith($"[fill {budget}]<think>"));
    }

    [Test]
    public void Dispose_InTheMiddleOfTheCorpus_ClosesItsReader()
    {
        var corpus = new ListCorpus([_text, _text.ToUpperInvariant(), _text]);
        SpanRestorationTask task = new(
            new TokenizedDocuments(corpus, _tokenizer), _tokenizer, Options(), 2000,
            new CompletionScorer(_tokenizer, ContextModel.Argmax(_tokenizer.VocabularySize, 1000, _ => 0)));
        PhiloxStream random = Stream(11);
        task.Draw(2, 0, 10, ref random);
        Assert.That(corpus.Open, Is.EqualTo(1));
        task.Dispose();
        Assert.That(corpus.Open, Is.Zero);
        Assert.That(task.Draw(1, 0, 10, ref random), Has.Count.EqualTo(1), "and opens it again where it stood");
        Assert.That(task.Cursor, Is.EqualTo(new TaskCursor(0, 3)));
    }

    [Test]
    public void Draw_AfterRestore_GivesTheSamePrompts()
    {
        string[] texts = [_text, _text.ToUpperInvariant(), _text.Replace("word", "other", StringComparison.Ordinal)];
        SpanRestorationTask whole = Task(Options(), 2000, texts), resumed = Task(Options(), 2000, texts);
        PhiloxStream first = Stream(9), second = Stream(10), again = Stream(10);
        whole.Draw(7, 0, 10, ref first);
        resumed.Restore(whole.Cursor);
        Assert.That(whole.Cursor, Is.EqualTo(new TaskCursor(2, 1)));
        Assert.That(
            resumed.Draw(8, 1, 10, ref again).Select(p => p.Tokens), Is.EqualTo(whole.Draw(8, 1, 10, ref second).Select(p => p.Tokens)));
    }
}
