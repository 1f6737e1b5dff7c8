using RlmEngine.Corpus;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tasks;

/// <summary>Problems become prompts, answers are judged, and a saved place is gone on from.</summary>
[TestFixture]
public class VerifiableAnswerTaskTests
{
    private static readonly ByteLevelBpe s_tokenizer = Tokenizers.Bytes;

    private static VerifiableAnswerTask Task(MatchReward match = MatchReward.Exact, int context = 120, IProblemSource? source = null)
    {
        var options = new TaskOptions
        {
            Type = TaskType.VerifiableAnswer,
            MaxThinkTokens = 10,
            MaxAnswerTokens = 20,
            Budget = new() { Initial = 8 },
            Reward = new RewardOptions { Match = match, LengthWeight = 0 },
        };
        var model = new ContextModel(s_tokenizer.VocabularySize, context, _ => new double[s_tokenizer.VocabularySize]);
        return new VerifiableAnswerTask(source ?? new Numbers(), s_tokenizer, options, context, new CompletionScorer(s_tokenizer, model));
    }

    private static string[] Draw(VerifiableAnswerTask task, int count)
    {
        var random = new PhiloxStream(1, default);
        return [.. task.Draw(count, 0, 10, ref random).Select(prompt => prompt.Question!.Question)];
    }

    [Test]
    public void Ask_AProblem_ShowsQuestionBudgetAndOpensTheThought()
    {
        Prompt prompt = Task().Ask(new Problem("1+1", "2"), 7)!;
        Assert.That(prompt.Tokens[0], Is.EqualTo(s_tokenizer.Special.Begin));
        Assert.That(s_tokenizer.Decode(prompt.Tokens.AsSpan(1)), Is.EqualTo("1+1 [answer 7]<think>"));
        Assert.That(s_tokenizer.Decode(prompt.Reference), Is.EqualTo("2"));
        Assert.That(prompt.Source, Is.Null, "no document is predicted beside it");
    }

    [Test]
    public void HeldOut_WithoutAThought_AsksTheSameProblems()
    {
        IReadOnlyList<Prompt> thinking = Task().HeldOut(5, 7), direct = Task().HeldOut(5, 7, thinks: false);
        Assert.That(direct.Select(prompt => prompt.Question), Is.EqualTo(thinking.Select(prompt => prompt.Question)));
        Assert.That(direct.Select(prompt => s_tokenizer.Decode(prompt.Tokens)), Is.All.EndsWith("<think></think>"));
        Assert.That(direct.Select(prompt => prompt.Stop.MaxThinkTokens), Is.All.Zero);
    }

    [TestCase(MatchReward.Exact, " north ", "north", 1)]
    [TestCase(MatchReward.Exact, "South", "north", 0)]
    [TestCase(MatchReward.Exact, "0.5", "1/2", 0)]
    [TestCase(MatchReward.MathAnswer, "so \\boxed{\\frac{1}{2}}", "0.5", 1)]
    [TestCase(MatchReward.MathAnswer, "the answer is 1,234", "1234", 1)]
    [TestCase(MatchReward.MathAnswer, "\\boxed{3}", "4", 0)]
    [TestCase(MatchReward.MathAnswer, "no idea", "4", 0)]
    public void Answer_OfAResponse_IsJudgedByTheRule(MatchReward rule, string response, string answer, double expected) =>
        Assert.That(MatchScore.Answer(rule, response, answer), Is.EqualTo(expected));

    [TestCase(MatchReward.Token)]
    [TestCase(MatchReward.InformationGain)]
    public void Answer_ByARuleOfTokens_IsRefused(MatchReward rule) =>
        Assert.That(() => MatchScore.Answer(rule, "1", "1"), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Restore_ASavedPlace_GoesOnWithTheSameProblemsOverPasses()
    {
        using VerifiableAnswerTask whole = Task();
        string[] all = Draw(whole, 11);
        Assert.That(all, Is.EqualTo(new[] { "0.0", "0.1", "0.2", "1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "3.0", "3.1" }));
        for (int taken = 0; taken <= 7; taken++)
        {
            using VerifiableAnswerTask first = Task(), second = Task();
            if (taken > 0)
                _ = Draw(first, taken);
            second.Restore(first.Cursor);
            Assert.That(Draw(second, 4), Is.EqualTo(all[taken..(taken + 4)]), $"after {taken}");
        }
    }

    [Test]
    public void Draw_NoProblemFits_SaysWhatWouldBeRight()
    {
        using VerifiableAnswerTask task = Task(context: 40);
        Assert.That(() => Draw(task, 1), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("no problem fits in a context of 40"));
    }

    // Three problems a pass, so that places cross its end.
    private sealed class Numbers : IProblemSource
    {
        public IEnumerable<Problem> Train(int pass) => Enumerable.Range(0, 3).Select(i => new Problem($"{pass}.{i}", $"{i}"));

        public IEnumerable<Problem> HeldOut() => Enumerable.Range(0, 9).Select(i => new Problem($"h{i}", $"{i}"));
    }
}
