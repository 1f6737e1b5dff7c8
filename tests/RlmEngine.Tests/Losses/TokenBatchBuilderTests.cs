using RlmEngine.Losses;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Losses;

[TestFixture]
public class TokenBatchBuilderTests
{
    private static TrainingCompletion Completion(float advantage, params int[] tokens)
        => new(tokens, [.. tokens.Select(token => -token / 8f)], advantage);

    private static CompletionGroup Group(int[] prompt, params TrainingCompletion[] completions) => new(prompt, completions, .5f);

    private static MicroBatch Single(params TrainingItem[] items) => TokenBatchBuilder.MicroBatches(items, 1000).Single();

    [Test]
    public void MicroBatches_Group_SharesThePrompt()
    {
        TokenBatch batch = Single(Group([10, 11, 12], Completion(1, 20, 21, 22), Completion(-1, 30))).Tokens;
        Assert.Multiple(() =>
        {
            Assert.That(batch.Tokens_N, Is.EqualTo(new[] { 10, 11, 12, 20, 21 }));
            Assert.That(batch.Segments_S, Is.EqualTo(new Segment[] { new(0, 5) }), "the second ends with the prompt");
            Assert.That(batch.TargetRows_M, Is.EqualTo(new[] { 2, 3, 4, 2 }));
            Assert.That(batch.Targets_M, Is.EqualTo(new[] { 20, 21, 22, 30 }));
            Assert.That(batch.Temperatures_M, Is.EqualTo(new[] { .5f, .5f, .5f, .5f }));
        });
    }

    [Test]
    public void MicroBatches_Group_RecordsEachTarget()
    {
        TargetRecords records = Single(Group([1, 2], Completion(1, 16, 24), Completion(-2, 8))).Records;
        Assert.Multiple(() =>
        {
            Assert.That(records.Component_M, Is.All.EqualTo(LossComponent.Rl));
            Assert.That(records.Sequence_M, Is.EqualTo(new[] { 0, 0, 1 }));
            Assert.That(records.Advantage_M, Is.EqualTo(new[] { 1f, 1f, -2f }));
            Assert.That(records.OldLogProb_M, Is.EqualTo(new[] { -2f, -3f, -1f }));
            Assert.That(records.Weight_M, Is.All.EqualTo(1f));
            Assert.That(records.ReferenceLogProb_M, Has.Length.EqualTo(3));
        });
    }

    [Test]
    public void MicroBatches_PromptOfOneToken_HasNoParent()
    {
        TokenBatch batch = Single(Group([7], Completion(1, 8, 9))).Tokens;
        Assert.Multiple(() =>
        {
            Assert.That(batch.Tokens_N, Is.EqualTo(new[] { 7, 8 }));
            Assert.That(batch.Segments_S, Is.EqualTo(new Segment[] { new(0, 2) }));
        });
    }

    [Test]
    public void MicroBatches_Document_PredictsAllButTheFirstAndTheMasked()
    {
        MicroBatch batch = Single(new DocumentWindow([1, 2, 3, 4, 5], new HashSet<int> { 2, 4 }));
        Assert.Multiple(() =>
        {
            Assert.That(batch.Tokens.Tokens_N, Is.EqualTo(new[] { 1, 2, 3 }), "nothing after the last target's row");
            Assert.That(batch.Tokens.TargetRows_M, Is.EqualTo(new[] { 0, 2 }));
            Assert.That(batch.Tokens.Targets_M, Is.EqualTo(new[] { 2, 4 }));
            Assert.That(batch.Tokens.Temperatures_M, Is.All.EqualTo(1f));
            Assert.That(batch.Records.Component_M, Is.All.EqualTo(LossComponent.Ntp));
            Assert.That(batch.Records.Advantage_M, Is.All.Zero);
        });
    }

    [Test]
    public void MicroBatches_GroupsAndDocuments_StayWholeAndInOrder()
    {
        TrainingItem[] items =
        [
            Group([1, 2, 3], Completion(1, 4, 5), Completion(-1, 6, 7)), new DocumentWindow([1, 2, 3]), new DocumentWindow([1, 2, 3, 4]),
            Group([1], Completion(1, 9)),
        ];
        int[] rows = [.. TokenBatchBuilder.MicroBatches(items, 8).Select(batch => batch.Tokens.RowCount)];
        Assert.That(rows, Is.EqualTo(new[] { 7, 4 }));
    }

    [Test]
    public void MicroBatches_GroupLargerThanTheLimit_IsSplitByCompletionsWithItsPrompt()
    {
        CompletionGroup group = Group([1, 2, 3], Completion(1, 4, 5), Completion(2, 6), Completion(3, 7, 8, 9), Completion(4, 1, 2, 3, 4, 5, 6));
        MicroBatch[] batches = [.. TokenBatchBuilder.MicroBatches([group], 5)];
        Assert.Multiple(() =>
        {
            Assert.That(batches.Select(batch => batch.Tokens.RowCount), Is.EqualTo(new[] { 4, 5, 8 }), "the last is too large by itself");
            Assert.That(batches.Select(batch => batch.Tokens.Tokens_N[..3]), Is.All.EqualTo(new[] { 1, 2, 3 }));
            Assert.That(batches.SelectMany(batch => batch.Tokens.Targets_M), Is.EqualTo(group.Completions.SelectMany(c => c.Tokens_T)));
        });
    }

    [Test]
    public void MicroBatches_PromptLargerThanTheLimit_GoesWithWhatAddsNoRows()
    {
        CompletionGroup group = Group([1, 2, 3, 4, 5], Completion(1, 6), Completion(1, 7), Completion(1, 8, 9));
        Assert.That(TokenBatchBuilder.MicroBatches([group], 2).Select(batch => batch.Tokens.RowCount), Is.EqualTo(new[] { 5, 6 }));
    }

    [Test]
    public void MicroBatches_NothingToTrainOn_GivesNone()
    {
        TrainingItem[] items =
        [
            new DocumentWindow([]), new DocumentWindow([5]), new DocumentWindow([5, 6], new HashSet<int> { 1 }), Group([1, 2]), Group([1], Completion(1)),
        ];
        Assert.Multiple(() =>
        {
            Assert.That(TokenBatchBuilder.MicroBatches(items, 10), Is.Empty);
            Assert.That(ObjectiveTotals.Of(items), Is.EqualTo(new ObjectiveTotals(0, 0, 0)));
        });
    }

    [Test]
    public void MicroBatches_SkipZeroAdvantage_LeavesRowsOutButNotTheCountsNorTheGradient()
    {
        TrainingItem[] items = [Group([1, 2, 3], Completion(0, 4, 5), Completion(-2, 6, 7)), Group([1, 2, 3], Completion(0, 8), Completion(3, 9))];
        var totals = ObjectiveTotals.Of(items);
        MicroBatch skipped = TokenBatchBuilder.MicroBatches(items, 100, skipZeroAdvantage: true).Single();
        MicroBatch whole = Single(items);
        float[] ofSkipped = Gradient(skipped, new ObjectiveOptions(), totals), ofWhole = Gradient(whole, new ObjectiveOptions(), totals);
        Assert.Multiple(() =>
        {
            Assert.That(totals, Is.EqualTo(new ObjectiveTotals(6, 0, 4)));
            Assert.That(skipped.Tokens.Targets_M, Is.EqualTo(new[] { 6, 7, 9 }));
            Assert.That(ofWhole.Where(d => d != 0), Is.EqualTo(ofSkipped));
        });
    }

    [Test]
    public void Totals_OfItemsAndOfTheirMicroBatches_Agree()
    {
        TrainingItem[] items = Mixed();
        var expected = ObjectiveTotals.Of(items, 7);
        foreach (int maxRows in (int[])[1, 6, 13, 1000])
            Assert.That(ObjectiveTotals.Of(TokenBatchBuilder.MicroBatches(items, maxRows).Select(b => b.Records), 7), Is.EqualTo(expected));
        Assert.That(expected, Is.EqualTo(new ObjectiveTotals(9, 7, 4, 7)), "masked, dropped and empty ones are in no count");
    }

    [TestCase(Aggregation.TokenMean, Surrogate.Clip)]
    [TestCase(Aggregation.TokenMean, Surrogate.SequenceClip)]
    [TestCase(Aggregation.SequenceMean, Surrogate.Clip)]
    [TestCase(Aggregation.SequenceMean, Surrogate.Cispo)]
    [TestCase(Aggregation.FixedLength, Surrogate.Clip)]
    public void Evaluate_AnyMicroBatching_GivesTheSameLossAndTheSameDerivatives(Aggregation aggregation, Surrogate surrogate)
    {
        var options = new ObjectiveOptions
        {
            Aggregation = aggregation,
            Surrogate = surrogate,
            FixedLength = 8,
            KlWeight = .1,
            EntropyWeight = .01,
        };
        TrainingItem[] items = Mixed();
        var totals = ObjectiveTotals.Of(items);
        (LossReport whole, float[] wholeGradient) = Run(items, 1000, options, totals);
        foreach (int maxRows in (int[])[1, 6, 13])
        {
            (LossReport report, float[] gradient) = Run(items, maxRows, options, totals);
            Assert.Multiple(() =>
            {
                Assert.That(gradient, Is.EqualTo(wholeGradient), "bit for bit");
                Assert.That(report.Loss, Is.EqualTo(whole.Loss).Within(1e-14));
                Assert.That(report.RlTokens, Is.EqualTo(whole.RlTokens));
                Assert.That(report.KlSum, Is.EqualTo(whole.KlSum).Within(1e-13));
                Assert.That(report.MaxLogProbMismatch, Is.EqualTo(whole.MaxLogProbMismatch));
            });
        }
    }

    [Test]
    public void MicroBatches_BadInput_IsRefused()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => TokenBatchBuilder.MicroBatches([], 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => Single(Group([], Completion(1, 2))), Throws.ArgumentException);
            Assert.That(() => Single(Group([1], new TrainingCompletion([1, 2], [0f], 1))), Throws.ArgumentException);
            Assert.That(() => Single(Group([1], new TrainingCompletion([1], [0f], 1, [1f, 1f]))), Throws.ArgumentException);
            Assert.That(() => Single(Group([1], Completion(1, 2)) with { Temperature = 0 }), Throws.ArgumentException);
        });
    }

    [Test]
    public void FromRollouts_TruncatedSampling_WeighsByTheCappedRatio()
    {
        Rollout rollout = new()
        {
            Tokens_T = [5, 6, 7],
            LogProbs_T = [-2f, -1f, -1f],
            TruncatedLogProbs_T = [-1f, -1f, -3f],
            Stop = StopReason.Answered,
            ThinkLength = 1,
            AnswerStart = 2,
            AnswerEnd = 3,
        };
        var prompt = new Prompt { Tokens = [1], Reference = [2], Stop = new StopRule(4, 1, false) };
        var rollouts = new RolloutBatch([prompt], 2, [rollout, rollout]);
        CompletionGroup weighted = CompletionGroup.FromRollouts(rollouts, [1f, -1f], .8f, 2).Single();
        CompletionGroup plain = CompletionGroup.FromRollouts(rollouts, [1f, -1f], .8f).Single();
        Assert.Multiple(() =>
        {
            Assert.That(weighted.Completions[0].Weights_T, Is.EqualTo(new[] { (float)Math.Exp(-1), 1f, 2f }));
            Assert.That(weighted.Completions[1].Advantage, Is.EqualTo(-1f));
            Assert.That(plain.Completions[0].Weights_T, Is.Null);
            Assert.That(plain.Temperature, Is.EqualTo(.8f));
            Assert.That(() => CompletionGroup.FromRollouts(rollouts, [1f], 1f), Throws.ArgumentException);
            Assert.That(() => CompletionGroup.FromRollouts(rollouts, [1f, 1f], 0f), Throws.ArgumentException);
        });
    }

    private static TrainingItem[] Mixed() =>
    [
        Group([1, 2, 3], Completion(1, 4, 5, 6), Completion(-1, 6), Completion(.5f)),
        new DocumentWindow([1, 2, 3, 4, 5], new HashSet<int> { 3 }),
        Group([9], new TrainingCompletion([3, 2, 1], [-.5f, float.NaN, -.25f], 1.5f, [1f, 1f, .5f]), new TrainingCompletion([4], [-1f], 1f, [0f])),
        new DocumentWindow([5, 4, 3, 2, 1]),
        Group([8, 8], Completion(-2, 1, 2, 3)),
    ];

    // A made-up model whose log-prob and entropy depend on the target token alone, so that packing cannot change them.
    private static (LossReport Report, float[] Gradient) Run(TrainingItem[] items, int maxRows, ObjectiveOptions options, ObjectiveTotals totals)
    {
        var report = new LossReport();
        var gradient = new List<float>();
        foreach (MicroBatch batch in TokenBatchBuilder.MicroBatches(items, maxRows))
        {
            batch.Records.ReferenceLogProb_M.AsSpan().Fill(-.6f);
            gradient.AddRange(Gradient(batch, options, totals, out LossReport share));
            report += share;
        }
        return (report, [.. gradient]);
    }

    private static float[] Gradient(MicroBatch batch, ObjectiveOptions options, ObjectiveTotals totals) => Gradient(batch, options, totals, out _);

    private static float[] Gradient(MicroBatch batch, ObjectiveOptions options, ObjectiveTotals totals, out LossReport report)
    {
        float[] logProbs_M = [.. batch.Tokens.Targets_M.Select(token => -.3f - .11f * token)];
        float[] dLogProbs_M = new float[logProbs_M.Length], dEntropies_M = new float[logProbs_M.Length];
        report = new GroupRelativeObjective(options, totals).Evaluate(batch.Records, logProbs_M, logProbs_M, dLogProbs_M, dEntropies_M);
        return dLogProbs_M;
    }
}
