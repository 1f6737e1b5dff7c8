using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Comparison;

/// <summary>An interval of the real line.</summary>
/// <param name="Low">Lower end, or negative infinity.</param>
/// <param name="High">Upper end, or infinity.</param>
/// <param name="HasLow">The lower end belongs to it.</param>
/// <param name="HasHigh">The upper end belongs to it.</param>
/// <param name="LowNode">The lower end as it is written; null when infinite.</param>
/// <param name="HighNode">The upper end as it is written; null when infinite.</param>
internal readonly record struct RealInterval(double Low, double High, bool HasLow, bool HasHigh, MathNode? LowNode, MathNode? HighNode)
{
    /// <summary>All real numbers.</summary>
    public static RealInterval All { get; } = new(double.NegativeInfinity, double.PositiveInfinity, false, false, null, null);

    /// <summary>Nothing lies in it.</summary>
    public bool IsEmpty => Low > High || (Low == High && !(HasLow && HasHigh));
}

/// <summary>A set of real numbers as disjoint intervals in order; points are intervals of length zero.</summary>
/// <param name="intervals">Disjoint, in order, none empty.</param>
internal sealed class RealSet(IReadOnlyList<RealInterval> intervals)
{
    /// <summary>No number.</summary>
    public static RealSet Empty { get; } = new([]);

    /// <summary>All real numbers.</summary>
    public static RealSet All { get; } = new([RealInterval.All]);

    /// <summary>Disjoint, in order.</summary>
    public IReadOnlyList<RealInterval> Intervals => intervals;

    /// <summary>The union of intervals in any order.</summary>
    public static RealSet Union(IEnumerable<RealInterval> parts)
    {
        List<RealInterval> result = [];
        foreach (RealInterval next in parts.Where(part => !part.IsEmpty).OrderBy(part => part.Low).ThenByDescending(part => part.HasLow))
        {
            if (result.Count == 0 || !Touches(result[^1], next))
            {
                result.Add(next);
                continue;
            }

            RealInterval last = result[^1];
            if (next.High > last.High || (next.High == last.High && next.HasHigh))
                result[^1] = last with { High = next.High, HasHigh = next.HasHigh, HighNode = next.HighNode };
        }

        return new RealSet(result);
    }

    /// <summary>The numbers that are in both sets.</summary>
    public RealSet Intersect(RealSet other)
    {
        List<RealInterval> parts = [];
        foreach (RealInterval a in intervals)
        {
            foreach (RealInterval b in other.Intervals)
            {
                RealInterval low = a.Low > b.Low || (a.Low == b.Low && !a.HasLow) ? a : b;
                RealInterval high = a.High < b.High || (a.High == b.High && !a.HasHigh) ? a : b;
                parts.Add(new RealInterval(low.Low, high.High, low.HasLow, high.HasHigh, low.LowNode, high.HighNode));
            }
        }

        return Union(parts);
    }

    /// <summary>The numbers that are not in the set.</summary>
    public RealSet Complement()
    {
        RealSet rest = All;
        foreach (RealInterval part in intervals)
        {
            rest = rest.Intersect(Union(
            [
                new RealInterval(double.NegativeInfinity, part.Low, false, !part.HasLow && part.LowNode is not null, null, part.LowNode),
                new RealInterval(part.High, double.PositiveInfinity, !part.HasHigh && part.HighNode is not null, false, part.HighNode, null),
            ]));
        }

        return rest;
    }

    private static bool Touches(RealInterval left, RealInterval right) =>
        right.Low < left.High || (right.Low == left.High && (right.HasLow || left.HasHigh));
}
