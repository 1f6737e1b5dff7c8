using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels.Rollout;

/// <summary>Group-relative advantages A = (r − mean of the group) / scale, in every convention of the field.</summary>
/// <remarks>
/// <para>Std: √(Σ(r − mean)² / (n − 1)) + ε. PopulationStd: √(Σ(r − mean)² / n) + ε. None: 1. LeaveOneOut: 1, with the mean of the other
/// n − 1 rewards. At batch level the deviation is that of all rewards about their own mean, and the centre stays the group's.</para>
/// <para>Sums are in double, in two passes, over eight fixed lanes. A group whose largest reward equals its smallest has advantage
/// exactly 0. A NaN reward is one that could not be scored: it is left out of n, mean and deviation and has advantage 0. P prompts,
/// G completions each. Sources: GRPO (Shao et al. 2024), Dr.GRPO (Liu et al. 2025), RLOO (Ahmadian et al. 2024).</para>
/// </remarks>
public static class GroupAdvantage
{
    /// <summary>Computes the advantages of P groups.</summary>
    /// <param name="rewards_PG">[P, G] rewards, row-major; finite or NaN.</param>
    /// <param name="groupSize">G ≥ 1.</param>
    /// <param name="scale">What centred rewards are divided by.</param>
    /// <param name="level">Over what the deviation is taken; without effect for None and LeaveOneOut.</param>
    /// <param name="epsilon">ε ≥ 0, added to the deviation.</param>
    /// <param name="advantages_PG">[P, G] receives the advantages; may be the rewards' own memory.</param>
    /// <returns>How many groups have no spread of rewards and so give no gradient.</returns>
    /// <exception cref="ArgumentException">Lengths do not agree, a reward is infinite, or G = 1 with Std.</exception>
    /// <exception cref="ArgumentOutOfRangeException">G is not positive, or ε is negative or not finite.</exception>
    public static int Compute(
        ReadOnlySpan<float> rewards_PG, int groupSize, AdvantageScale scale, AdvantageLevel level, double epsilon,
        Span<float> advantages_PG)
    {
        Check(rewards_PG, groupSize, scale, epsilon, advantages_PG.Length);
        double batchDeviation = level == AdvantageLevel.Batch ? RewardMoments.Of(rewards_PG).Deviation(scale) : double.NaN;
        int zeroVariance = 0;
        for (int start = 0; start < rewards_PG.Length; start += groupSize)
        {
            ReadOnlySpan<float> rewards_G = rewards_PG.Slice(start, groupSize);
            Span<float> advantages_G = advantages_PG.Slice(start, groupSize);
            RewardMoments group = RewardMoments.Of(rewards_G);
            if (!group.HasSpread)
            {
                zeroVariance++;
                advantages_G.Clear();
                continue;
            }

            double divisor = scale switch
            {
                AdvantageScale.None => 1,
                AdvantageScale.LeaveOneOut => (group.Count - 1.0) / group.Count,
                _ => (level == AdvantageLevel.Batch ? batchDeviation : group.Deviation(scale)) + epsilon,
            };
            for (int i = 0; i < rewards_G.Length; i++)
                advantages_G[i] = float.IsNaN(rewards_G[i]) ? 0f : (float)((rewards_G[i] - group.Mean) / divisor);
        }

        return zeroVariance;
    }

    internal static void Check(ReadOnlySpan<float> rewards_PG, int groupSize, AdvantageScale scale, double epsilon, int advantages)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(groupSize);
        if (!(epsilon >= 0) || !double.IsFinite(epsilon))
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "epsilon is at least 0 and finite");
        if (rewards_PG.Length % groupSize != 0)
            throw new ArgumentException($"{rewards_PG.Length} rewards are not whole groups of {groupSize}", nameof(rewards_PG));
        RowShape.CheckLengths(rewards_PG.Length, advantages);
        if (groupSize == 1 && scale == AdvantageScale.Std)
            throw new ArgumentException("a group of one has no sample deviation: use G of 2 or more, or another scale than std", nameof(groupSize));
        for (int i = 0; i < rewards_PG.Length; i++)
        {
            if (float.IsInfinity(rewards_PG[i])) throw new ArgumentException($"reward {i} is infinite", nameof(rewards_PG));
        }
    }
}

/// <summary>Count, mean and squared deviations of the rewards that are not NaN.</summary>
internal readonly record struct RewardMoments(int Count, double Mean, double SquaredDeviations, bool HasSpread)
{
    private const int Lanes = 8;

    public static RewardMoments Of(ReadOnlySpan<float> rewards)
    {
        Vector512<double> count = default, sum = default, squares = default;
        Vector512<double> max = Vector512.Create(double.NegativeInfinity), min = Vector512.Create(double.PositiveInfinity);
        for (int i = 0; i < rewards.Length; i += Lanes)
        {
            Vector512<double> values = Load(rewards[i..]);
            Vector512<double> isScored = Vector512.Equals(values, values);
            count += isScored & Vector512<double>.One;
            sum += isScored & values;
            max = Vector512.ConditionalSelect(Vector512.GreaterThan(values, max), values, max);
            min = Vector512.ConditionalSelect(Vector512.LessThan(values, min), values, min);
        }

        double scored = Fold(count);
        double mean = Fold(sum) / scored;
        for (int i = 0; i < rewards.Length; i += Lanes)
        {
            Vector512<double> deviations = Load(rewards[i..]) - Vector512.Create(mean);
            deviations &= Vector512.Equals(deviations, deviations);
            squares += deviations * deviations;
        }

        double largest = double.NegativeInfinity, smallest = double.PositiveInfinity;
        for (int lane = 0; lane < Lanes; lane++)
        {
            largest = Math.Max(largest, max[lane]);
            smallest = Math.Min(smallest, min[lane]);
        }

        return new RewardMoments((int)scored, mean, Fold(squares), largest > smallest);
    }

    public double Deviation(AdvantageScale scale) => scale switch
    {
        AdvantageScale.Std => Math.Sqrt(SquaredDeviations / (Count - 1)),
        AdvantageScale.PopulationStd => Math.Sqrt(SquaredDeviations / Count),
        _ => 1,
    };

    private static Vector512<double> Load(ReadOnlySpan<float> rewards)
    {
        if (rewards.Length >= Lanes)
        {
            Vector256<float> narrow = Vector256.Create(rewards);
            return Vector512.Create(Vector256.WidenLower(narrow), Vector256.WidenUpper(narrow));
        }

        Span<double> padded = stackalloc double[Lanes];
        padded.Fill(double.NaN);
        for (int i = 0; i < rewards.Length; i++) padded[i] = rewards[i];
        return Vector512.Create<double>(padded);
    }

    private static double Fold(Vector512<double> lanes)
    {
        Vector256<double> four = lanes.GetLower() + lanes.GetUpper();
        Vector128<double> two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }
}
