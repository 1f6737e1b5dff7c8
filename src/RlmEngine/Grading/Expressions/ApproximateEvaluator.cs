using System.Numerics;

namespace RlmEngine.Grading.Expressions;

/// <summary>
/// Evaluates a tree in complex double precision, for what is not rational: principal branches, but real odd roots of real numbers. A value
/// beyond double precision's range is unknown, never zero or infinite.
/// </summary>
/// <param name="point">Values of the variables.</param>
/// <param name="budget">Spent by node.</param>
internal sealed class ApproximateEvaluator(IDictionary<string, Rational> point, StepBudget budget)
{
    private const int MaxTerms = 1000;

    private readonly ExactEvaluator _exact = new(point, budget);
    private bool _isAngle;

    /// <summary>The value, or <see cref="Approximation.Unknown"/>.</summary>
    public Approximation Of(MathNode node)
    {
        if (!budget.Spend())
            return Approximation.Unknown;
        Approximation value = Compute(node);
        if (value.IsKnown || node.Kind is NodeKind.Symbol or NodeKind.Constant)
            return value;
        return _exact.Of(node) is { } exact ? FromExact(exact) : Approximation.Unknown;
    }

    private static Approximation FromExact(Rational exact)
    {
        double value = exact.ToDouble();
        return exact.Sign != 0 && (value == 0 || !double.IsFinite(value)) ? Approximation.Unknown : Approximation.Of(value);
    }

    private Approximation Compute(MathNode node) => node.Kind switch
    {
        NodeKind.Number => FromExact(node.Value),
        NodeKind.Symbol => point.TryGetValue(node.Name, out Rational value) ? FromExact(value) : Approximation.Unknown,
        NodeKind.Constant => Constant(node.Name),
        NodeKind.Sum => Sum(node),
        NodeKind.Product => Product(node),
        NodeKind.Quotient => Divide(Of(node.First), Of(node.Items[1])),
        NodeKind.Power => Power(Of(node.First), Of(node.Items[1])),
        NodeKind.Percent => Scaled(Of(node.First), 0.01),
        NodeKind.Degree => Scaled(Of(node.First), _isAngle ? Math.PI / 180 : 1),
        NodeKind.Unit => Of(node.First),
        NodeKind.Apply => Apply(node),
        NodeKind.Call => Call(node),
        _ => Approximation.Unknown,
    };

    private static Approximation Constant(string name) => name switch
    {
        "pi" => Approximation.Of(Math.PI),
        "e" => Approximation.Of(Math.E),
        "i" => Approximation.Of(Complex.ImaginaryOne),
        _ => Approximation.Unknown,
    };

    private Approximation Sum(MathNode node)
    {
        Complex sum = Complex.Zero;
        double scale = 0;
        foreach (MathNode item in node.Items)
        {
            Approximation term = Of(item);
            sum += term.Value;
            scale = Math.Max(scale, term.Scale);
        }

        return new Approximation(sum, Math.Max(scale, sum.Magnitude));
    }

    private Approximation Product(MathNode node)
    {
        var product = Approximation.Of(Complex.One);
        foreach (MathNode item in node.Items)
            product = Multiply(product, Of(item));
        return product;
    }

    private static Approximation Multiply(Approximation a, Approximation b)
    {
        Complex value = a.Value * b.Value;
        bool isLost = value == Complex.Zero && a.Value != Complex.Zero && b.Value != Complex.Zero;
        return isLost ? Approximation.Unknown : new Approximation(value, Math.Max(a.Scale * b.Value.Magnitude, a.Value.Magnitude * b.Scale));
    }

    private static Approximation Divide(Approximation a, Approximation b) =>
        b.Value == Complex.Zero || b.HasCancelled ? Approximation.Unknown : Multiply(a, new Approximation(1 / b.Value, b.Scale / b.Value.Magnitude / b.Value.Magnitude));

    private static Approximation Scaled(Approximation a, double factor) => new(a.Value * factor, a.Scale * factor);

    private static Approximation Power(Approximation a, Approximation b)
    {
        if (!a.IsKnown || !b.IsKnown || (a.Value == Complex.Zero && b.Value.Real <= 0))
            return Approximation.Unknown;
        bool isReal = a.Value.Imaginary == 0 && b.Value.Imaginary == 0 && (a.Value.Real >= 0 || b.Value.Real == Math.Floor(b.Value.Real));
        Complex value = isReal ? Math.Pow(a.Value.Real, b.Value.Real) : Complex.Pow(a.Value, b.Value);
        if (value == Complex.Zero && a.Value != Complex.Zero)
            return Approximation.Unknown;
        double growth = a.Value.Magnitude > 0 ? a.Scale / a.Value.Magnitude * Math.Max(1, b.Value.Magnitude) : 1;
        return new Approximation(value, value.Magnitude * Math.Max(1, growth));
    }

    /// <summary>An unknown function is some smooth function, the same wherever its name is the same.</summary>
    private Approximation Apply(MathNode node)
    {
        uint hash = 2166136261;
        foreach (char c in node.Name)
            hash = (hash ^ c) * 16777619;
        Complex phase = hash % 1000 / 1000.0;
        for (int i = 0; i < node.Items.Count; i++)
            phase += Of(node.Items[i]).Value * (1 + ((hash >> (i % 8)) % 97 / 97.0));
        Complex value = 1.5 + Complex.Sin(phase);
        return new Approximation(value, Math.Max(1.5, value.Magnitude));
    }

    private Approximation Call(MathNode node)
    {
        if (node.Name is "sum" or "prod")
            return Series(node);
        if (node.Name is "max" or "min")
            return Extreme(node);
        bool isAngle = _isAngle;
        _isAngle = node.Name is "sin" or "cos" or "tan" or "cot" or "sec" or "csc";
        Approximation first = Of(node.First);
        _isAngle = isAngle;
        if (!first.IsKnown)
            return Approximation.Unknown;
        if (node.Name == "root")
            return Root(first, Of(node.Items[1]));
        if (node.Name is "floor" or "ceil" or "factorial" or "binom" or "gcd" or "lcm" or "mod" or "det" or "indexed" or "doublefactorial" or "pmod")
            return Rounded(node, first);
        Complex value = Elementary(node.Name, first.Value);
        // Near a pole or a branch point the argument's rounding is what is seen.
        return first.HasCancelled && node.Name is not "abs" ? Zeroed(node.Name, first) : new Approximation(value, Math.Max(value.Magnitude, node.Name == "abs" ? first.Scale : 1));
    }

    private static Approximation Zeroed(string name, Approximation argument) =>
        argument.Value.Magnitude <= 1e-12 * argument.Scale && name is "sin" or "cos" or "tan" or "arctan" or "arcsin"
            ? Approximation.Of(Elementary(name, 0))
            : Approximation.Unknown;

    private static Approximation Rounded(MathNode node, Approximation first)
    {
        if (node.Name is not ("floor" or "ceil") || !first.IsReal)
            return Approximation.Unknown;
        double x = first.Value.Real;
        // So near an integer, rounding would decide.
        if (Math.Abs(x - Math.Round(x)) <= 1e-9 * Math.Max(1, first.Scale) || Math.Abs(x) > 1e12)
            return Approximation.Unknown;
        return Approximation.Of(node.Name == "floor" ? Math.Floor(x) : Math.Ceiling(x));
    }

    private static Complex Elementary(string name, Complex x) => name switch
    {
        "sin" => Complex.Sin(x),
        "cos" => Complex.Cos(x),
        "tan" => Complex.Tan(x),
        "cot" => 1 / Complex.Tan(x),
        "sec" => 1 / Complex.Cos(x),
        "csc" => 1 / Complex.Sin(x),
        "arcsin" => Complex.Asin(x),
        "arccos" => Complex.Acos(x),
        "arctan" => Complex.Atan(x),
        "sinh" => Complex.Sinh(x),
        "cosh" => Complex.Cosh(x),
        "tanh" => Complex.Tanh(x),
        "ln" or "log" => x == Complex.Zero ? new Complex(double.NaN, 0) : Complex.Log(x),
        "abs" => Complex.Abs(x),
        _ => new Complex(double.NaN, 0),
    };

    private static Approximation Root(Approximation radicand, Approximation degree)
    {
        if (!degree.IsKnown || degree.Value == Complex.Zero)
            return Approximation.Unknown;
        double n = degree.Value.Real, x = radicand.Value.Real;
        bool isOdd = degree.Value.Imaginary == 0 && n == Math.Floor(n) && Math.Abs(n % 2) == 1;
        if (isOdd && radicand.Value.Imaginary == 0 && x < 0)
        {
            Approximation opposite = Power(new Approximation(-x, radicand.Scale), Approximation.Of(1 / n));
            return new Approximation(-opposite.Value, opposite.Scale);
        }

        if (n == 2)
            return new Approximation(Complex.Sqrt(radicand.Value), radicand.Value == Complex.Zero ? 0 : radicand.Scale / Complex.Sqrt(radicand.Value).Magnitude);
        return radicand.Value == Complex.Zero ? radicand : Power(radicand, Approximation.Of(1 / degree.Value));
    }

    private Approximation Extreme(MathNode node)
    {
        Approximation[] values = [.. node.Items.Select(Of)];
        if (!values.All(value => value.IsKnown && value.IsReal))
            return Approximation.Unknown;
        return node.Name == "max" ? values.MaxBy(value => value.Value.Real) : values.MinBy(value => value.Value.Real);
    }

    private Approximation Series(MathNode node)
    {
        string variable = node.First.Name;
        if (_exact.Of(node.Items[1])?.Small is not { } from || _exact.Of(node.Items[2])?.Small is not { } to || to - (long)from > MaxTerms)
            return Approximation.Unknown;
        bool isBound = point.TryGetValue(variable, out Rational outer);
        var result = Approximation.Of(node.Name == "sum" ? 0 : 1);
        for (int i = from; i <= to && result.IsKnown; i++)
        {
            point[variable] = new Rational(i);
            Approximation term = Of(node.Items[3]);
            result = node.Name == "prod"
                ? Multiply(result, term)
                : new Approximation(result.Value + term.Value, Math.Max(result.Scale, Math.Max(term.Scale, (result.Value + term.Value).Magnitude)));
        }

        if (isBound)
            point[variable] = outer;
        else
            point.Remove(variable);
        return result;
    }
}
