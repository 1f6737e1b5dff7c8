using RlmEngine.Curriculum;
using RlmEngine.Evaluation;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Tests.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Evaluation;

[TestFixture]
public class HeldOutEvaluationTests
{
    private static readonly ByteLevelBpe _tokenizer = Tokenizers.Bytes;
    private static readonly int _vocabulary = _tokenizer.VocabularySize;

    // In each text most letters follow their predecessor in the alphabet.
    private static readonly string[] _texts = ["abcdefgabc", "xyzabcabcd", "mnopmnoqrs", "fghifghjkl", "stuvwxyzst", "ab"];

    private static HeldOutEvaluation Evaluation(EvaluationOptions? options = null, params string[] texts)
        => new(new ListCorpus(["train"], texts.Length > 0 ? texts : _texts), _tokenizer, options ?? new EvaluationOptions(), 7);

    private static int Letter(char letter) => _tokenizer.Encode($"{letter}")[0];

    private static int Successor(int token)
    {
        ReadOnlySpan<byte> bytes = _tokenizer.BytesOf(token);
        return bytes.Length == 1 && bytes[0] is >= (byte)'a' and < (byte)'z' ? Letter((char)(bytes[0] + 1)) : Letter('a');
    }

    private static ContextModel Successors(int contextLength = 100)
        => ContextModel.Argmax(_vocabulary, contextLength, context => Successor(context[^1]));

    // Tiers by position: 1 to 3 easy, 4 to 6 medium, the others hard.
    private static HeldOutPositions Asked(IReadOnlyList<int[]> documents, int perTier = 100) => HeldOutPositions.Draw(
        new PositionPool(documents, [.. documents.Select(d => d.Select((_, i) => (float)i).ToArray())], new TierCuts(4, 7)), perTier, 3);

    private static double Share(IReadOnlyList<int[]> documents, Func<int, bool> inTier, Func<int[], int, bool> isRight)
    {
        (int[] Document, int Position)[] places =
            [.. documents.SelectMany(d => Enumerable.Range(1, d.Length - 1).Where(inTier).Select(position => (d, position)))];
        return places.Count(place => isRight(place.Document, place.Position)) / (double)places.Length;
    }

    private static bool FollowsAlphabet(int[] document, int position) => document[position] == Successor(document[position - 1]);

    [TestCase(2)]
    [TestCase(5)]
    [TestCase(100)]
    public void Loss_UniformModel_IsTheLogOfTheVocabulary(int contextLength)
        => Assert.That(
            Evaluation().Loss(new ContextModel(_vocabulary, contextLength, _ => new double[_vocabulary])),
            Is.EqualTo(Math.Log(_vocabulary)).Within(1e-5));

    [TestCase(2, 100)]
    [TestCase(4, 100)]
    [TestCase(100, 100)]
    [TestCase(100, 2)]
    public void Loss_ModelOfTheLastToken_IsTheMeanOverAllTokensAndTheEnd(int contextLength, int lossDocuments)
    {
        var model = new ContextModel(
            _vocabulary, contextLength, context => [.. Enumerable.Range(0, _vocabulary).Select(v => Math.Sin(v * v + context[^1]))]);
        int end = _tokenizer.Special.End;
        double sum = 0;
        int count = 0;
        foreach (string text in _texts.Take(lossDocuments))
        {
            int[] sequence = [end, .. _tokenizer.Encode(text), end];
            for (int i = 1; i < sequence.Length; i++, count++)
                sum -= model.LogProb([sequence[i - 1]], sequence[i]);
        }
        HeldOutEvaluation evaluation = Evaluation(new EvaluationOptions { LossDocuments = lossDocuments });
        Assert.That(evaluation.Loss(model), Is.EqualTo(sum / count).Within(1e-5));
        Assert.That(model.LongestContext, Is.LessThanOrEqualTo(contextLength));
    }

    [Test]
    public void Loss_NoDocumentsWanted_IsNoNumber()
        => Assert.That(Evaluation(new EvaluationOptions { LossDocuments = 0 }).Loss(Successors()), Is.NaN);

    [Test]
    public void Constructor_NothingHeldOut_IsRefused()
        => Assert.That(
            () => new HeldOutEvaluation(new ListCorpus(["a"]), _tokenizer, new EvaluationOptions(), 1),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("heldOut"));

    [Test]
    public void Documents_HeldOut_BeginWithTheEndTokenAndAreNoMoreThanNeeded()
    {
        HeldOutEvaluation evaluation = Evaluation(new EvaluationOptions { LossDocuments = 2, NextTokenPerTier = 3, Restorations = 1 });
        Assert.That(evaluation.Documents, Is.EqualTo(_texts.Take(3).Select(text => _tokenizer.Document(text))));
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(100)]
    public void Direct_KnownArgmax_CountsWhereItIsRightByTier(int contextLength)
    {
        HeldOutEvaluation evaluation = Evaluation();
        IReadOnlyList<int[]> documents = evaluation.Documents;
        ContextModel model = Successors(contextLength);
        TierAccuracy accuracy = evaluation.Direct(model, Asked(documents));
        Assert.Multiple(() =>
        {
            Assert.That(accuracy.Easy, Is.EqualTo(Share(documents, p => p is >= 1 and < 4, FollowsAlphabet)).Within(1e-12));
            Assert.That(accuracy.Medium, Is.EqualTo(Share(documents, p => p is >= 4 and < 7, FollowsAlphabet)).Within(1e-12));
            Assert.That(accuracy.Hard, Is.EqualTo(Share(documents, p => p >= 7, FollowsAlphabet)).Within(1e-12));
            Assert.That(accuracy.Average, Is.EqualTo((accuracy.Easy + accuracy.Medium + accuracy.Hard) / 3).Within(1e-12));
            Assert.That(accuracy.Count, Is.EqualTo(documents.Sum(d => d.Length - 1)));
            Assert.That(accuracy.MeanThinkTokens, Is.Zero);
            Assert.That(model.LongestContext, Is.EqualTo(Math.Min(contextLength, 10)));
        });
    }

    [Test]
    public void Direct_ManyPositions_AsksInSeveralBatchesAndCountsAll()
    {
        string[] texts = [.. Enumerable.Range(0, 30).Select(i => _texts[i % 5])];
        HeldOutEvaluation evaluation = Evaluation(null, texts);
        ContextModel model = Successors();
        TierAccuracy accuracy = evaluation.Direct(model, Asked(evaluation.Documents, 1000));
        Assert.That((accuracy.Count, model.Forwards), Is.EqualTo((300, 5)));
        Assert.That(accuracy.Hard, Is.EqualTo(Share(evaluation.Documents, p => p >= 7, FollowsAlphabet)).Within(1e-12));
    }

    // The model thinks n letters, then answers the successor of the document's last letter; after some letters it never stops thinking.
    private static ContextModel Thinker(int thinkTokens, Func<int, bool> fails) => ContextModel.Argmax(_vocabulary, 200, context =>
    {
        int open = context.ToList().LastIndexOf(_tokenizer.Special.ThinkOpen!.Value);
        int last = context[open - 1];
        int thought = context.Count - 1 - open;
        if (context[^1] == _tokenizer.Special.ThinkClose!.Value)
            return Successor(last);
        return thought < thinkTokens || fails(last) ? Letter('t') : _tokenizer.Special.ThinkClose!.Value;
    });

    private static TierAccuracy Think(HeldOutEvaluation evaluation, ContextModel model, HeldOutPositions asked)
    {
        var options = new TaskOptions { Type = TaskType.NextToken, MaxThinkTokens = 8, Prompt = new PromptOptions { After = "<think>" } };
        var task = new NextTokenTask(asked.Pool, _tokenizer, options, 200, new CompletionScorer(_tokenizer, model));
        var special = new CompletionTokens(_tokenizer.Special.ThinkClose!.Value, _tokenizer.Special.End);
        return evaluation.Think(new RolloutGenerator(model, 200, special, 1), task, asked, 4);
    }

    [TestCase(0, 1)]
    [TestCase(3, 1)]
    [TestCase(8, 2)]
    public void Think_ModelThatClosesItsThoughts_CountsRightAnswers(int thinkTokens, int samples)
    {
        HeldOutEvaluation evaluation = Evaluation(new EvaluationOptions { Samples = samples });
        TierAccuracy accuracy = Think(evaluation, Thinker(thinkTokens, _ => false), Asked(evaluation.Documents));
        Assert.Multiple(() =>
        {
            Assert.That(accuracy.Easy, Is.EqualTo(Share(evaluation.Documents, p => p < 4, FollowsAlphabet)).Within(1e-12));
            Assert.That(accuracy.Hard, Is.EqualTo(Share(evaluation.Documents, p => p >= 7, FollowsAlphabet)).Within(1e-12));
            Assert.That(accuracy.MeanThinkTokens, Is.EqualTo(thinkTokens));
            Assert.That(accuracy.FormatFailures, Is.Zero);
        });
    }

    [Test]
    public void Think_ThoughtsThatNeverEnd_CountAsWrong()
    {
        static bool Fails(int token) => token % 2 == 0;
        HeldOutEvaluation evaluation = Evaluation();
        TierAccuracy accuracy = Think(evaluation, Thinker(2, Fails), Asked(evaluation.Documents));
        static bool IsRight(int[] document, int position) => !Fails(document[position - 1]) && FollowsAlphabet(document, position);
        double failures = Share(evaluation.Documents, _ => true, (document, position) => Fails(document[position - 1]));
        Assert.Multiple(() =>
        {
            Assert.That(accuracy.Easy, Is.EqualTo(Share(evaluation.Documents, p => p < 4, IsRight)).Within(1e-12));
            Assert.That(accuracy.Medium, Is.EqualTo(Share(evaluation.Documents, p => p is >= 4 and < 7, IsRight)).Within(1e-12));
            Assert.That(accuracy.FormatFailures, Is.EqualTo(failures).Within(1e-12));
            Assert.That(
                accuracy.MeanThinkTokens, Is.EqualTo(2 * (1 - failures) + 9 * failures).Within(1e-12), "cut off one token after the limit");
        });
    }

    [Test]
    public void ThinkAndDirect_NoPositions_AskNothing()
    {
        HeldOutEvaluation evaluation = Evaluation();
        HeldOutPositions none = Asked([[1], [2]]);
        Assert.That((Think(evaluation, Successors(), none).Count, evaluation.Direct(Successors(), none).Count), Is.EqualTo((0, 0)));
    }

    // Knows the held-out texts and restores the span from what stands before and behind the mask; closes its thought at once.
    private static ContextModel Restorer(Func<string, string> change) => ContextModel.Argmax(_vocabulary, 200, context =>
    {
        int[] sequence = [.. context];
        int open = Array.LastIndexOf(sequence, _tokenizer.Special.ThinkOpen!.Value), close = Array.LastIndexOf(sequence, _tokenizer.Special.ThinkClose!.Value);
        if (close < open)
            return _tokenizer.Special.ThinkClose!.Value;
        int mask = Array.IndexOf(sequence, _tokenizer.Special.Mask!.Value);
        string before = _tokenizer.Decode(sequence.AsSpan(1, mask - 1)), after = _tokenizer.Decode(sequence.AsSpan(mask + 1, open - mask - 1));
        string text = _texts.Single(t => t.Length > before.Length + after.Length && t.StartsWith(before) && t.EndsWith(after));
        int[] span = _tokenizer.Encode(change(text[before.Length..(text.Length - after.Length)]));
        int written = sequence.Length - 1 - close;
        return written < span.Length ? span[written] : _tokenizer.Special.End;
    });

    private static RestorationScore Restore(ContextModel model, EvaluationOptions? evaluationOptions = null, params string[] texts)
    {
        var options = new TaskOptions
        {
            Type = TaskType.SpanRestoration,
            MaxThinkTokens = 8,
            MaxAnswerTokens = 20,
            WholeWords = false,
            Prompt = new PromptOptions { After = "<think>" },
            Reward = new RewardOptions { Match = MatchReward.EditSimilarity },
        };
        using var documents = new TokenizedDocuments(new ListCorpus(_texts), _tokenizer);
        var task = new SpanRestorationTask(documents, _tokenizer, options, 200, new CompletionScorer(_tokenizer, model));
        var special = new CompletionTokens(_tokenizer.Special.ThinkClose!.Value, _tokenizer.Special.End);
        return Evaluation(evaluationOptions, texts).Restore(new RolloutGenerator(model, 200, special, 1), task, 4);
    }

    [Test]
    public void Restore_ModelThatKnowsTheTexts_IsExact()
    {
        RestorationScore score = Restore(Restorer(span => span));
        Assert.Multiple(() =>
        {
            Assert.That((score.Score, score.Exact, score.FormatFailures, score.MeanThinkTokens), Is.EqualTo((1.0, 1.0, 0.0, 0.0)));
            Assert.That(score.Count, Is.EqualTo(5), "\"ab\" is too short for a span");
            Assert.That(score.Interval, Is.EqualTo(new[] { 1.0, 1.0 }));
        });
    }

    [Test]
    public void Restore_SpanWrittenTwice_IsHalfSimilarAndNeverExact()
    {
        RestorationScore score = Restore(Restorer(span => span + span), new EvaluationOptions { Restorations = 3, Samples = 2 });
        Assert.That((score.Score, score.Exact, score.Count), Is.EqualTo((.5, 0.0, 3)));
    }

    [Test]
    public void Evaluations_WithoutResamples_HaveNoIntervals()
    {
        var options = new EvaluationOptions { BootstrapSamples = 0 };
        HeldOutEvaluation evaluation = Evaluation(options);
        Assert.That(Restore(Restorer(span => span), options).Interval, Is.Null);
        Assert.That(evaluation.Direct(Successors(), Asked(evaluation.Documents)).AverageInterval, Is.Null);
    }

    [Test]
    public void Restore_ThoughtsThatNeverEnd_ScoreNothing()
    {
        RestorationScore score = Restore(ContextModel.Argmax(_vocabulary, 200, _ => Letter('t')));
        Assert.That((score.Score, score.Exact, score.FormatFailures), Is.EqualTo((0.0, 0.0, 1.0)));
    }

    [Test]
    public void Restore_TextsWithoutASpan_AsksNothing()
        => Assert.That(Restore(Successors(), null, "ab", "aaaaaaaaaa"), Is.EqualTo(new RestorationScore()));
}
