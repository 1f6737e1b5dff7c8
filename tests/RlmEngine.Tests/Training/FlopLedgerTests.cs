using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Rollouts;
using RlmEngine.Tests.Tasks;
using RlmEngine.Tokenization;
using RlmEngine.Training;

namespace RlmEngine.Tests.Training;

/// <summary>Operations of a step against counts made by hand; rows cost 1, targets 1000, keys 1,000,000, so that each count can be read off.</summary>
[TestFixture]
public class FlopLedgerTests
{
    private static readonly ModelOperations s_model = new(1, 1_000, 1_000_000);

    private static TokenBatch Batch(int targets, params Segment[] segments)
    {
        int rows = segments.Sum(segment => segment.Length);
        return new TokenBatch
        {
            Tokens_N = new int[rows],
            Segments_S = segments,
            TargetRows_M = [.. Enumerable.Range(0, targets)],
            Targets_M = new int[targets],
            Temperatures_M = [.. Enumerable.Repeat(1f, targets)],
        };
    }

    [TestCase(0, 0, 0)]
    [TestCase(0, 1, 1)]
    [TestCase(0, 5, 15)]
    [TestCase(7, 1, 8)]
    [TestCase(7, 3, 8 + 9 + 10)]
    public void Keys_RowsBehindAPast_AreAllPositionsEachSees(int past, int rows, int expected) =>
        Assert.That(ModelOperations.Keys(past, rows), Is.EqualTo(expected));

    [Test]
    public void Forward_SharedPrompt_CountsItsRowsOnceAndItsKeysForEachCompletion()
    {
        // A prompt of 4 rows; completions of 3 and 2 rows behind all of it; a document of 2 rows.
        TokenBatch batch = Batch(6, new Segment(0, 4), new Segment(4, 3, 0, 4), new Segment(7, 2, 0, 4), new Segment(9, 2));
        const int Keys = (1 + 2 + 3 + 4) + (5 + 6 + 7) + (5 + 6) + (1 + 2);
        Assert.That(s_model.Forward(batch), Is.EqualTo(11 + (6 * 1_000) + (Keys * 1_000_000.0)));
    }

    [Test]
    public void Forward_SegmentBehindASegmentBehindAnother_SeesThePositionsBeforeItOnce()
    {
        // 4 rows, 3 behind 2 of them, 2 behind the 5 positions of that sequence: a whole sequence of 7 positions.
        TokenBatch batch = Batch(0, new Segment(0, 4), new Segment(4, 3, 0, 2), new Segment(7, 2, 1, 5));
        const int Keys = (1 + 2 + 3 + 4) + (3 + 4 + 5) + (6 + 7);
        Assert.That(s_model.Forward(batch), Is.EqualTo(9 + (Keys * 1_000_000.0)));
    }

    [Test]
    public void AddRollouts_GroupOfTwo_PrefillsOnceAndDrawsEachToken()
    {
        var prompt = new Prompt { Tokens = [1, 2, 3], Reference = [4], Stop = new StopRule(8, 1, false) };
        var ledger = new FlopLedger();
        ledger.AddRollouts(s_model, new RolloutBatch([prompt], 2, [Completion(2), Completion(1)]));
        // Prefill 2 rows (keys 1 + 2); draws behind them: 2 tokens (3 + 4) and 1 token (3).
        Assert.That(ledger.Rollout, Is.EqualTo(5 + (3 * 1_000) + ((3 + 7 + 3) * 1_000_000.0)));
        Assert.That((ledger.Scoring, ledger.Update, ledger.Total), Is.EqualTo((0.0, 0.0, ledger.Rollout)));
    }

    [Test]
    public void Counted_ScoringAndUpdates_AreKeptApartAndCleared()
    {
        var ledger = new FlopLedger();
        var policy = new ContextModel(4, 10, _ => new double[4]);
        TokenBatch batch = Batch(1, new Segment(0, 2));
        ledger.Counted(policy).Score(batch, new float[1], new float[1], default, 0);
        Assert.That(policy.Forwards, Is.EqualTo(1), "the model is asked");
        Assert.That(ledger.Scoring, Is.EqualTo(((IPolicy)policy).Operations.Forward(batch)));
        ledger.AddScore(s_model, batch);
        ledger.AddUpdate(s_model, [new RlmEngine.Losses.MicroBatch(batch, null!)], epochs: 2);
        const double Forward = 2 + 1_000 + 3_000_000;
        Assert.That((ledger.Scoring, ledger.Update), Is.EqualTo((Forward, 3 * 2 * Forward)), "a policy without parameters costs nothing; backward is twice forward");
        var metrics = new StepMetrics(1);
        ledger.WriteTo(metrics);
        Assert.That(metrics.Number(MetricNames.FlopsTotal), Is.EqualTo(7 * Forward));
        ledger.Clear();
        Assert.That(ledger.Total, Is.Zero);
    }

    private static Rollout Completion(int length) => new()
    {
        Tokens_T = new int[length],
        LogProbs_T = new float[length],
        TruncatedLogProbs_T = new float[length],
        Stop = StopReason.Answered,
        ThinkLength = 0,
        AnswerStart = 0,
        AnswerEnd = length,
    };
}
