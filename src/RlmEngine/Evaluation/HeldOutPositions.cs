using RlmEngine.Curriculum;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Evaluation;

/// <summary>The held-out positions that every policy of a run is asked about: the same number of each tier, drawn once.</summary>
/// <param name="Pool">Scored held-out documents.</param>
/// <param name="Positions">The positions, tier by tier.</param>
public sealed record HeldOutPositions(PositionPool Pool, IReadOnlyList<DrawnPosition> Positions)
{
    /// <summary>Draws positions without repetition.</summary>
    /// <param name="pool">Scored held-out documents.</param>
    /// <param name="perTier">Positions of each tier at most.</param>
    /// <param name="seed">The run's seed.</param>
    public static HeldOutPositions Draw(PositionPool pool, int perTier, ulong seed)
    {
        var positions = new List<DrawnPosition>();
        foreach (Tier tier in Enum.GetValues<Tier>())
        {
            var random = new PhiloxStream(seed, new PhiloxCounter(RandomPurpose.Evaluation, 3, (uint)tier, 0, 0));
            int[] order = [.. Enumerable.Range(0, pool.Count(tier))];
            random.Shuffle(order.AsSpan());
            positions.AddRange(order.Take(perTier).Order().Select(i => pool.At(tier, i)));
        }
        return new HeldOutPositions(pool, positions);
    }
}
