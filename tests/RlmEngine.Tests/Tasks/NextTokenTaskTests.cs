using RlmEngine.Curriculum;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tasks;

[TestFixture]
public class NextTokenTaskTests
{
    private static readonly ByteLevelBpe _tokenizer = Tokenizers.Bytes;
    private static readonly int[] _document = _tokenizer.Document("The quick brown fox jumps over the lazy dog.");

    private static TaskOptions Options() => new()
    {
        Type = TaskType.NextToken,
        MaxThinkTokens = 10,
        Prompt = new PromptOptions { Before = "Q:", After = "[{budget}]<think>" },
    };

    // Entropies 0, .1, .2, … in a document of 45 tokens; cut so that each tier has some.
    private static PositionPool Pool(params int[][] documents) => new(
        documents, [.. documents.Select(d => d.Select((_, i) => i / 10f).ToArray())], new TierCuts(1, 2));

    private static NextTokenTask Task(TaskOptions options, int contextLength = 1000, PositionPool? pool = null) => new(
        pool ?? Pool(_document), _tokenizer, options, contextLength,
        new CompletionScorer(_tokenizer, ContextModel.Argmax(_tokenizer.VocabularySize, 1000, _ => 0)));

    private static PhiloxStream Stream(ulong seed) => new(seed, new PhiloxCounter(RandomPurpose.Task, 0, 0, 0, 0));

    [TestCase(1, 5, "5")]
    [TestCase(7, 128, "128")]
    [TestCase(44, 0, "0")]
    public void At_Position_ShowsEverythingBeforeItBetweenTheTemplatesTexts(int position, int budget, string digits)
    {
        Prompt prompt = Task(Options()).At(_document, position, Tier.Hard, budget);
        int[] expected =
            [.. _tokenizer.Encode("Q:"), .. _document[..position], .. _tokenizer.Encode($"[{digits}]"), _tokenizer.Special.ThinkOpen!.Value];
        Assert.Multiple(() =>
        {
            Assert.That(prompt.Tokens, Is.EqualTo(expected));
            Assert.That(prompt.Reference, Is.EqualTo(new[] { _document[position] }));
            Assert.That(prompt.Source, Is.SameAs(_document));
            Assert.That((prompt.Position, prompt.Span, prompt.Budget, prompt.Tier), Is.EqualTo((position, 1, budget, (Tier?)Tier.Hard)));
        });
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Draw_Uniform_LeavesTheSharesAside(bool isUniform)
    {
        CurriculumOptions curriculum = new() { Uniform = isUniform, P1 = [1, 0, 0], P2 = [1, 0, 0] };
        PhiloxStream random = Stream(3);
        IReadOnlyList<Prompt> prompts = Task(Options() with { Curriculum = curriculum }).Draw(3000, 0, 1, ref random);
        // Of positions 1 to 44 the first 9 are easy: 9/44 of 3000 is 614, five standard deviations are 110.
        Assert.That(prompts.Count(prompt => prompt.Tier == Tier.Easy), isUniform ? Is.InRange(504, 724) : Is.EqualTo(3000));
    }

    [TestCase(1000, 0, 30)]
    [TestCase(1000, 6, 6)]
    [TestCase(1000, 31, 30)]
    [TestCase(30, 0, 11)]
    [TestCase(30, 4, 4)]
    [TestCase(20, 0, 1)]
    public void At_LongPrefix_ShowsItsLastTokensAndLeavesRoomForThoughtAndAnswer(int contextLength, int contextTokens, int shown)
    {
        TaskOptions options = Options();
        options = options with { Prompt = options.Prompt! with { ContextTokens = contextTokens } };
        Prompt prompt = Task(options, contextLength).At(_document, 30, Tier.Easy, 64);
        Assert.Multiple(() =>
        {
            // Two ids before the document; [64]<think> are five after it; ten of thought, its end and the answer follow.
            Assert.That(prompt.Tokens, Has.Length.EqualTo(2 + shown + 5));
            Assert.That(prompt.Tokens[2..(2 + shown)], Is.EqualTo(_document[(30 - shown)..30]));
            Assert.That(prompt.Tokens.Length + 10 + 1 + 1, Is.LessThanOrEqualTo(contextLength));
            Assert.That(prompt.Position, Is.EqualTo(30));
        });
    }

    [TestCase(19)]
    [TestCase(3)]
    public void At_ContextTooSmallForAnyOfTheDocument_IsRefused(int contextLength)
        => Assert.That(
            () => Task(Options(), contextLength).At(_document, 30, Tier.Easy, 64),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("maxThinkTokens"));

    [TestCase(MatchReward.Token, 1, 30, 1, false)]
    [TestCase(MatchReward.BytePrefix, 8, 30, 8, true)]
    [TestCase(MatchReward.BytePrefix, 8, 40, 5, true)]
    [TestCase(MatchReward.BytePrefix, 8, 44, 1, true)]
    public void At_AnswerLength_ReferenceIsTheTrueContinuation(MatchReward match, int maxAnswer, int position, int length, bool endsAtEnd)
    {
        TaskOptions options = Options() with { MaxAnswerTokens = maxAnswer, Reward = new RewardOptions { Match = match } };
        Prompt prompt = Task(options).At(_document, position, Tier.Easy, 3);
        Assert.That(prompt.Reference, Is.EqualTo(_document[position..(position + length)]));
        Assert.That(prompt.Stop, Is.EqualTo(new StopRule(10, maxAnswer, endsAtEnd)));
    }

    [Test]
    public void At_WithoutThoughtAndPrompt_IsTheDocumentAlone()
    {
        Prompt prompt = Task(Options() with { MaxThinkTokens = 0, Prompt = null }).At(_document, 1, Tier.Easy, 0);
        Assert.That(prompt.Tokens, Is.EqualTo(_document[..1]));
        Assert.That(prompt.Stop, Is.EqualTo(new StopRule(0, 1, false)));
    }

    [Test]
    public void At_WithoutPromptOptions_EndsInTheTasksOwnInstruction()
    {
        Prompt prompt = Task(Options() with { Prompt = null }).At(_document, 3, Tier.Easy, 9);
        Assert.That(prompt.Tokens, Is.EqualTo((int[])[.. _document[..3], .. _tokenizer.Encode(" [think]"), _tokenizer.Special.ThinkOpen!.Value]));
    }

    // B_0 = 800, γ = 0.2: METHOD's numbers.
    [TestCase(0, 800)]
    [TestCase(50, 357)]
    [TestCase(99, 162)]
    [TestCase(100, 160)]
    public void Draw_BudgetOptions_AskForTheStepsBudget(int step, int budget)
    {
        PhiloxStream random = Stream(1);
        IReadOnlyList<Prompt> prompts = Task(Options() with { Budget = new BudgetOptions() }, 4000).Draw(5, step, 100, ref random);
        Assert.That(prompts.Select(p => p.Budget), Is.All.EqualTo(budget));
        Assert.That(prompts.Select(p => _tokenizer.Decode(p.Tokens)), Is.All.EndsWith($"[{budget}]<think>"));
    }

    [TestCase(0, .5, .4, .1)]
    [TestCase(40, .4, .375, .225)]
    [TestCase(60, .2, .325, .475)]
    [TestCase(90, .1, .3, .6)]
    public void Draw_ManyPrompts_TiersFollowTheSchedule(int step, double easy, double medium, double hard)
    {
        // Two degrees of freedom: P(χ² > 27.63) = e^(−13.815) = 1e-6.
        const int Draws = 20_000;
        TaskOptions options = Options() with { Curriculum = new CurriculumOptions(), Prompt = new PromptOptions { ContextTokens = 1 } };
        PhiloxStream random = Stream(5);
        IReadOnlyList<Prompt> prompts = Task(options).Draw(Draws, step, 100, ref random);
        double chiSquare = 0;
        foreach ((Tier tier, double share) in ((Tier, double)[])[(Tier.Easy, easy), (Tier.Medium, medium), (Tier.Hard, hard)])
            chiSquare += Math.Pow(prompts.Count(p => p.Tier == tier) - share * Draws, 2) / (share * Draws);
        Assert.That(chiSquare, Is.LessThan(27.63));
        static Tier TierOf(int position) => position < 10 ? Tier.Easy : position < 20 ? Tier.Medium : Tier.Hard;
        Assert.That(prompts.Select(p => p.Tier), Is.EqualTo(prompts.Select(p => TierOf(p.Position))));
    }

    [Test]
    public void Draw_WithoutCurriculum_IsUniformOverPositions()
    {
        // 43 degrees of freedom at 1e-6 by Wilson and Hilferty: 102.6.
        const int Draws = 20_000;
        PhiloxStream random = Stream(6);
        IReadOnlyList<Prompt> prompts = Task(Options() with { Prompt = new PromptOptions { ContextTokens = 1 } }).Draw(Draws, 99, 100, ref random);
        double expected = Draws / 44.0;
        double chiSquare = Enumerable.Range(1, 44).Sum(at => Math.Pow(prompts.Count(p => p.Position == at) - expected, 2) / expected);
        Assert.That(chiSquare, Is.LessThan(102.6));
        Assert.That(prompts.Select(p => p.Budget), Is.All.Zero);
    }

    [Test]
    public void Draw_SameStream_GivesTheSamePromptsWhateverWasDrawnBefore()
    {
        TaskOptions options = Options() with { Curriculum = new CurriculumOptions(), Budget = new BudgetOptions { Initial = 20 } };
        NextTokenTask used = Task(options), fresh = Task(options);
        PhiloxStream other = Stream(8), first = Stream(9), second = Stream(9);
        used.Draw(33, 0, 10, ref other);
        used.Restore(new TaskCursor(4, 5));
        Assert.That(used.Draw(20, 3, 10, ref first).Select(p => p.Tokens), Is.EqualTo(fresh.Draw(20, 3, 10, ref second).Select(p => p.Tokens)));
        Assert.That(used.Cursor, Is.EqualTo(default(TaskCursor)));
    }

    [Test]
    public void Score_Completions_AreRightWhereTheTokenIs()
    {
        TaskOptions options = Options() with { Reward = new RewardOptions { LengthWeight = .25 } };
        NextTokenTask task = Task(options);
        Prompt prompt = task.At(_document, 5, Tier.Easy, 4);
        int close = _tokenizer.Special.ThinkClose!.Value, right = _document[5];
        Rollout Rollout(params int[] tokens) => new()
        {
            Tokens_T = tokens,
            LogProbs_T = new float[tokens.Length],
            TruncatedLogProbs_T = new float[tokens.Length],
            Stop = tokens.Contains(close) ? StopReason.Answered : StopReason.ThoughtTooLong,
            ThinkLength = tokens.Contains(close) ? tokens.Length - 2 : tokens.Length,
            AnswerStart = tokens.Contains(close) ? tokens.Length - 1 : -1,
            AnswerEnd = tokens.Contains(close) ? tokens.Length : -1,
        };
        RewardBatch rewards = task.Score(new RolloutBatch(
            [prompt], 4, [Rollout(close, right), Rollout(9, 9, close, right), Rollout(9, 9, close, right + 1), Rollout(right, right)]));
        Assert.Multiple(() =>
        {
            Assert.That(rewards.Match_PG, Is.EqualTo(new[] { 1.0, 1, 0, 0 }));
            Assert.That(rewards.Length_PG, Is.EqualTo(new[] { 0, .5, .5, 0 }));
            Assert.That(rewards.Total_PG, Is.EqualTo(new[] { .75, .875, .125, 0 }).Within(1e-15));
            Assert.That(rewards.FormatFailures, Is.EqualTo(1));
        });
    }
}
