using System.Text.Json;
using RlmEngine.Losses;

namespace RlmEngine.Tests.Losses;

/// <summary>The shared vectors: hand-computed cases of NeMo-RL, and the worked arithmetic in double precision.</summary>
[TestFixture]
public class SharedVectorTests
{
    private static JsonElement Case(string name)
        => SharedVectors.Read("rl_loss_vectors.json").EnumerateArray().First(item => item.GetProperty("name").GetString() == name);

    private static LossReport Evaluate(JsonElement vector, ObjectiveOptions options, bool isOnPolicy = false)
    {
        JsonElement inputs = vector.GetProperty("inputs");
        float[] logProbs = inputs.GetProperty("curr_logprobs").Singles();
        float[] old = isOnPolicy ? logProbs : inputs.GetProperty("prev_logprobs").Singles();
        float[]? weights = null;
        if (inputs.TryGetProperty("generation_logprobs", out JsonElement generation))
            weights = [.. generation.Singles().Select((g, i) => (float)Math.Exp((double)old[i] - g))];
        float[] advantages = inputs.GetProperty("advantages").Singles();
        LossCase loss = LossCase.Of([logProbs], [old], [0f], weights is null ? null : [weights]);
        advantages.CopyTo(loss.Records.Advantage_M, 0);
        return loss.Evaluate(options);
    }

    private static double Expected(JsonElement vector) => vector.GetProperty("expected").GetProperty("loss").GetDouble();

    [TestCase("ppo_clip", Surrogate.Clip, 0)]
    [TestCase("ppo_clip_with_is_correction", Surrogate.Clip, 0)]
    [TestCase("dual_clip_c3", Surrogate.Clip, 3)]
    [TestCase("gspo_sequence_ratio", Surrogate.SequenceClip, 0)]
    [TestCase("cispo", Surrogate.Cispo, 0)]
    [TestCase("cispo_with_is_correction", Surrogate.Cispo, 0)]
    public void Evaluate_PublishedCase_GivesPublishedLoss(string name, Surrogate surrogate, double dualClip)
    {
        JsonElement vector = Case(name);
        LossReport report = Evaluate(vector, new ObjectiveOptions { Surrogate = surrogate, DualClip = dualClip });
        Assert.That(report.Loss, Is.EqualTo(Expected(vector)).Within(1e-3 * Math.Abs(Expected(vector))));
    }

    [Test]
    public void Evaluate_OnPolicy_GivesMinusMeanAdvantage()
    {
        JsonElement vector = Case("on_policy_ratio_forced_1");
        Assert.That(Evaluate(vector, new ObjectiveOptions(), isOnPolicy: true).Loss, Is.EqualTo(Expected(vector)).Within(1e-6));
    }

    [TestCase("kl_k1_k2_k3_unclamped", double.PositiveInfinity, double.PositiveInfinity)]
    [TestCase("kl_k1_k2_k3_clamped", 20.0, 10.0)]
    public void KlEstimate_PublishedCase_GivesPublishedValues(string name, double inputClamp, double outputClamp)
    {
        JsonElement vector = Case(name);
        double[] logProbs = vector.GetProperty("inputs").GetProperty("logprobs").Doubles();
        double[] reference = vector.GetProperty("inputs").GetProperty("logprobs_reference").Doubles();
        foreach (KlEstimator estimator in Enum.GetValues<KlEstimator>())
        {
            double[] expected = vector.GetProperty("expected").GetProperty(estimator.ToString().ToLowerInvariant()).Doubles();
            // The published row names k3's last values rounded to the nearest whole number.
            for (int i = 0; i < expected.Length; i++)
            {
                double value = KlEstimate.Of(estimator, logProbs[i], reference[i], inputClamp, outputClamp).Value;
                Assert.That(value, Is.EqualTo(expected[i]).Within(1e-3 * Math.Max(1, Math.Abs(expected[i]))), $"{estimator} {i}");
            }
        }
    }

    [Test]
    public void Evaluate_KlPenaltyAlone_GivesPublishedLoss()
    {
        JsonElement vector = Case("kl_penalty_k3_beta_0.1"), inputs = vector.GetProperty("inputs");
        float[] logProbs = inputs.GetProperty("curr_logprobs").Singles();
        LossCase loss = LossCase.Of([logProbs], [logProbs], [0f], reference: [inputs.GetProperty("reference_logprobs").Singles()]);
        Assert.That(loss.Evaluate(new ObjectiveOptions { KlWeight = .1 }).Loss, Is.EqualTo(Expected(vector)).Within(1e-4));
    }

    [TestCase("agg", "token_mean(dapo/bnpo)", .2, Aggregation.TokenMean)]
    [TestCase("agg", "seq_mean_token_mean(grpo)", .2, Aggregation.SequenceMean)]
    [TestCase("agg", "dr_grpo sum/(B*L) L=4", .2, Aggregation.FixedLength)]
    [TestCase("agg_0.2_0.28", "token_mean(dapo/bnpo)", .28, Aggregation.TokenMean)]
    [TestCase("agg_0.2_0.28", "seq_mean_token_mean(grpo)", .28, Aggregation.SequenceMean)]
    [TestCase("agg_0.2_0.28", "dr_grpo sum/(B*L) L=4", .28, Aggregation.FixedLength)]
    public void Evaluate_SharedArithmetic_GivesItsAggregates(string table, string row, double clipHigh, Aggregation aggregation)
    {
        JsonElement arithmetic = SharedVectors.Read("rl_arithmetic.json").GetProperty("loss");
        LossCase loss = LossCase.Of(
            arithmetic.GetProperty("logp").Rows(), arithmetic.GetProperty("old_logp").Rows(),
            arithmetic.GetProperty("adv").Singles(), arithmetic.GetProperty("mask").Rows());
        var options = new ObjectiveOptions { ClipHigh = clipHigh, Aggregation = aggregation, FixedLength = 4 };
        Assert.That(loss.Evaluate(options).RlLoss, Is.EqualTo(arithmetic.GetProperty(table).GetProperty(row).GetDouble()).Within(2e-7));
    }
}
