using System.Numerics;
using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Comparison;

/// <summary>
/// Equality of two expressions: by their form; exactly where both are rational; in double precision (relative 10⁻⁹, never across
/// cancellation) where they are not; with variables, at points that are the same on every run.
/// </summary>
/// <param name="options">Precision of decimals.</param>
/// <param name="budget">Spent on all evaluations.</param>
internal sealed class ScalarEquality(MathGradingOptions options, StepBudget budget)
{
    private const double Tolerance = 1e-9;

    /// <summary>Points at which both sides must be known.</summary>
    private const int NeededPoints = 3;

    /// <summary>The expressions are equal.</summary>
    public bool AreEqual(MathNode a, MathNode b)
    {
        if (!budget.Spend(5 + a.Size + b.Size))
            return false;
        if (NodeText.Of(a) == NodeText.Of(b))
            return true;
        List<string> symbols = [];
        NodeText.CollectSymbols(a, symbols);
        NodeText.CollectSymbols(b, symbols);
        return symbols.Count == 0 ? AreEqualAt(new Dictionary<string, Rational>(), a, b) == true : AreEqualEverywhere(a, b, symbols);
    }

    /// <summary>One is a constant multiple of the other, as the two sides of equations may be.</summary>
    /// <param name="a">An expression.</param>
    /// <param name="b">Another one.</param>
    /// <param name="isPositive">The multiple must be positive.</param>
    public bool AreProportional(MathNode a, MathNode b, bool isPositive)
    {
        List<string> symbols = [];
        NodeText.CollectSymbols(a, symbols);
        NodeText.CollectSymbols(b, symbols);
        if (symbols.Count == 0)
            return false;
        Complex? ratio = null;
        int agreed = 0;
        foreach (Dictionary<string, Rational> point in SamplePoints.Of(symbols, isWhole: NeedsWholePoints(a) || NeedsWholePoints(b)))
        {
            var evaluator = new ApproximateEvaluator(point, budget);
            Approximation x = evaluator.Of(a), y = evaluator.Of(b);
            if (!x.IsKnown || !y.IsKnown || x.HasCancelled || y.HasCancelled || y.Value == Complex.Zero)
                continue;
            Complex here = x.Value / y.Value;
            ratio ??= here;
            if ((here - ratio.Value).Magnitude > 1e-8 * ratio.Value.Magnitude || ratio.Value == Complex.Zero)
                return false;
            agreed++;
        }

        return agreed >= NeededPoints && ratio is { } constant && Math.Abs(constant.Imaginary) < 1e-9 * constant.Magnitude && (!isPositive || constant.Real > 0);
    }

    /// <summary>The value of an expression without variables; unknown for others.</summary>
    public Approximation Value(MathNode node) => new ApproximateEvaluator(new Dictionary<string, Rational>(), budget).Of(node);

    /// <summary>The exact value of an expression without variables, or null.</summary>
    public Rational? Exact(MathNode node) => new ExactEvaluator(new Dictionary<string, Rational>(), budget).Of(node);

    private bool AreEqualEverywhere(MathNode a, MathNode b, List<string> symbols)
    {
        int agreed = 0;
        bool isWhole = NeedsWholePoints(a) || NeedsWholePoints(b);
        foreach (Dictionary<string, Rational> point in SamplePoints.Of(symbols, isWhole))
        {
            switch (AreEqualAt(point, a, b))
            {
                case false:
                    return false;
                case true:
                    agreed++;
                    break;
            }
        }

        return agreed >= NeededPoints;
    }

    /// <summary>Factorials, binomials, rounding and powers of a negative number mean something at whole points only.</summary>
    private static bool NeedsWholePoints(MathNode node) => node.Any(inner =>
        (inner.Is(NodeKind.Call) && inner.Name is "factorial" or "doublefactorial" or "binom" or "floor" or "ceil" or "mod" or "gcd" or "lcm" or "sum" or "prod")
        || (inner.Is(NodeKind.Power) && inner.First is { Kind: NodeKind.Number, Value.Sign: < 0 }));

    /// <summary>Null where the values are not known, or lie off the real line on one side only, where branches differ.</summary>
    private bool? AreEqualAt(Dictionary<string, Rational> point, MathNode a, MathNode b)
    {
        bool isRounded = HasDecimal(a) || HasDecimal(b);
        var exact = new ExactEvaluator(point, budget);
        Rational? left = exact.Of(a), right = left is null ? null : exact.Of(b);
        if (left is not null && right is not null)
            return Rational.Compare(left.Value, right.Value) == 0 || (isRounded && AreClose((left.Value - right.Value).ToDouble(), right.Value.ToDouble()));
        var evaluator = new ApproximateEvaluator(point, budget);
        Approximation x = evaluator.Of(a), y = evaluator.Of(b);
        if (!x.IsKnown || !y.IsKnown || (point.Count > 0 && x.IsReal != y.IsReal))
            return null;
        if (x.HasCancelled || y.HasCancelled)
            return IsZero(x) && IsZero(y);
        double distance = (x.Value - y.Value).Magnitude;
        return distance <= Tolerance * Math.Max(x.Value.Magnitude, y.Value.Magnitude) || (isRounded && AreClose(distance, y.Value.Magnitude));
    }

    private static bool HasDecimal(MathNode node) => node.Any(inner => inner.IsDecimal);

    /// <summary>Zero, as far as can be seen beside terms of moderate size.</summary>
    private static bool IsZero(Approximation value) => value.Scale < 1e6 && value.Value.Magnitude <= 1e-13 * Math.Max(1, value.Scale);

    private bool AreClose(double distance, double value) =>
        Math.Abs(distance) <= 0.5000001 * Math.Pow(10, -options.Precision) * Math.Min(1, 1000 * Math.Abs(value));
}
