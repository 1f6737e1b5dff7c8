namespace RlmEngine.Kernels.Rollout;

/// <summary>The scalar reference of <see cref="GroupAdvantage"/>: each definition written out, in double.</summary>
public static class GroupAdvantageReference
{
    /// <summary>Computes the advantages of P groups.</summary>
    /// <param name="rewards_PG">[P, G] rewards, row-major; finite or NaN.</param>
    /// <param name="groupSize">G ≥ 1.</param>
    /// <param name="scale">What centred rewards are divided by.</param>
    /// <param name="level">Over what the deviation is taken.</param>
    /// <param name="epsilon">ε ≥ 0, added to the deviation.</param>
    /// <param name="advantages_PG">[P, G] receives the advantages.</param>
    /// <returns>How many groups have no spread of rewards.</returns>
    /// <exception cref="ArgumentException">Lengths do not agree, a reward is infinite, or G = 1 with Std.</exception>
    /// <exception cref="ArgumentOutOfRangeException">G is not positive, or ε is negative or not finite.</exception>
    public static int Compute(
        ReadOnlySpan<float> rewards_PG, int groupSize, AdvantageScale scale, AdvantageLevel level, double epsilon,
        Span<float> advantages_PG)
    {
        GroupAdvantage.Check(rewards_PG, groupSize, scale, epsilon, advantages_PG.Length);
        double[] all = Scored(rewards_PG);
        int zeroVariance = 0;
        for (int start = 0; start < rewards_PG.Length; start += groupSize)
        {
            double[] group = Scored(rewards_PG.Slice(start, groupSize));
            bool hasSpread = group.Length > 0 && group.Max() != group.Min();
            if (!hasSpread) zeroVariance++;
            for (int i = start; i < start + groupSize; i++)
            {
                double reward = rewards_PG[i];
                advantages_PG[i] = !hasSpread || double.IsNaN(reward)
                    ? 0f
                    : (float)Advantage(reward, group, level == AdvantageLevel.Batch ? all : group, scale, epsilon);
            }
        }

        return zeroVariance;
    }

    private static double Advantage(double reward, double[] group, double[] spread, AdvantageScale scale, double epsilon) => scale switch
    {
        AdvantageScale.Std => (reward - group.Average()) / (Math.Sqrt(SquaredDeviations(spread) / (spread.Length - 1)) + epsilon),
        AdvantageScale.PopulationStd => (reward - group.Average()) / (Math.Sqrt(SquaredDeviations(spread) / spread.Length) + epsilon),
        AdvantageScale.LeaveOneOut => reward - ((group.Sum() - reward) / (group.Length - 1)),
        _ => reward - group.Average(),
    };

    private static double SquaredDeviations(double[] values)
    {
        double mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean));
    }

    private static double[] Scored(ReadOnlySpan<float> rewards)
    {
        var scored = new List<double>();
        foreach (float reward in rewards)
        {
            if (!float.IsNaN(reward)) scored.Add(reward);
        }

        return [.. scored];
    }
}
