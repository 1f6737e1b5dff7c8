using System.Numerics;

namespace RlmEngine.Grading.Expressions;

/// <summary>Evaluates a tree exactly; null where the value is not rational, not defined, or larger than the bounds.</summary>
/// <param name="point">Values of the variables.</param>
/// <param name="budget">Spent by node and by the size of numbers.</param>
internal sealed class ExactEvaluator(IDictionary<string, Rational> point, StepBudget budget)
{
    private const int MaxFactorial = 4000;

    private const int MaxTerms = 3000;

    /// <summary>The value, or null.</summary>
    public Rational? Of(MathNode node)
    {
        if (!budget.Spend())
            return null;
        switch (node.Kind)
        {
            case NodeKind.Number:
                return node.Value;
            case NodeKind.Symbol:
                return point.TryGetValue(node.Name, out Rational value) ? value : null;
            case NodeKind.Sum:
                return Fold(node, Add);
            case NodeKind.Product:
                return Fold(node, Multiply);
            case NodeKind.Quotient:
                return Of(node.First) is { } above && Of(node.Items[1]) is { Sign: not 0 } below ? Multiply(above, new Rational(below.Denominator, below.Numerator)) : null;
            case NodeKind.Power:
                return Of(node.First) is { } power && Of(node.Items[1]) is { } exponent ? Power(power, exponent) : null;
            case NodeKind.Percent:
                return Of(node.First) is { } percent ? percent / new Rational(100) : null;
            case NodeKind.Degree or NodeKind.Unit:
                return Of(node.First);
            case NodeKind.Based:
                return InBase(node.Name, node.First.Value.Small);
            case NodeKind.Call:
                return Call(node);
            default:
                return null;
        }
    }

    private Rational? Fold(MathNode node, Func<Rational, Rational, Rational?> operation)
    {
        Rational? result = Of(node.First);
        for (int i = 1; i < node.Items.Count && result is not null; i++)
            result = Of(node.Items[i]) is { } next ? operation(result.Value, next) : null;
        return result;
    }

    private Rational? Add(Rational a, Rational b) => Affords(a, b) ? a + b : null;

    private Rational? Multiply(Rational a, Rational b) => Affords(a, b) ? a * b : null;

    private bool Affords(Rational a, Rational b) => a.Size + b.Size <= Rational.MaxBits && budget.Spend((a.Size / 64 * (b.Size / 64) / 128) + ((a.Size + b.Size) / 32) + 1);

    private Rational? Power(Rational value, Rational exponent)
    {
        if (exponent.Integer is null)
            return FractionalPower(value, exponent);
        if (exponent.Small is not { } n)
            return value.Size <= 1 && value.Sign >= 0 && exponent.Sign > 0 ? value : MinusOne(value, exponent);
        if (n < 0)
        {
            if (value.Sign == 0)
                return null;
            (value, n) = (new Rational(value.Denominator, value.Numerator), -n);
        }

        if (n == 0)
            return value.Sign == 0 ? null : Rational.One;
        long bits = value.Size <= 1 ? 1 : value.Size * n;
        return n != int.MinValue && bits <= Rational.MaxBits && budget.Spend((bits / 64 * (bits / 64) / 256) + 1) ? value.Pow(n) : null;
    }

    private static Rational? MinusOne(Rational value, Rational exponent) =>
        value.Small == -1 ? new Rational(exponent.Numerator.IsEven ? 1 : -1) : null;

    private Rational? FractionalPower(Rational value, Rational exponent)
    {
        bool isSmall = exponent.Denominator <= 64 && BigInteger.Abs(exponent.Numerator) <= 1000;
        // The principal root of a negative number is not real.
        return isSmall && value.Sign >= 0 && budget.Spend(20) && value.Root((int)exponent.Denominator) is { } root
            ? Power(root, new Rational(exponent.Numerator))
            : null;
    }

    private Rational? InBase(string digits, int? numberBase)
    {
        if (numberBase is not { } radix || Math.Abs(radix) is < 2 or > 10 || digits.Length > 1000 || !budget.Spend(digits.Length))
            return null;
        BigInteger value = 0;
        foreach (char digit in digits)
        {
            if (digit - '0' >= Math.Abs(radix))
                return null;
            value = (value * radix) + (digit - '0');
        }

        return new Rational(value);
    }

    private Rational? Call(MathNode node)
    {
        if (node.Name is "sum" or "prod")
            return Series(node);
        if (node.Name is "sin" or "cos" or "tan" or "ln" or "log" or "indexed" or "det" or "pmod")
            return null;
        var arguments = new Rational[node.Items.Count];
        for (int i = 0; i < arguments.Length; i++)
        {
            if (Of(node.Items[i]) is not { } argument)
                return null;
            arguments[i] = argument;
        }

        Rational first = arguments[0];
        return (node.Name, arguments.Length) switch
        {
            ("root", 2) => arguments[1].Small is { } degree and >= 2 and <= 64 && budget.Spend(20) ? first.Root(degree) : null,
            ("abs", 1) => first.Sign < 0 ? -first : first,
            ("floor", 1) => new Rational(first.Floor()),
            ("ceil", 1) => new Rational(-(-first).Floor()),
            ("factorial", 1) => Factorial(first, 1),
            ("doublefactorial", 1) => Factorial(first, 2),
            ("binom", 2) => Binomial(first, arguments[1]),
            ("mod", 2) => Modulo(first, arguments[1]),
            ("max", _) => arguments.Aggregate((a, b) => Rational.Compare(a, b) < 0 ? b : a),
            ("min", _) => arguments.Aggregate((a, b) => Rational.Compare(a, b) < 0 ? a : b),
            ("gcd", _) => Divisors(arguments, BigInteger.GreatestCommonDivisor),
            ("lcm", _) => Divisors(arguments, (a, b) => a.IsZero || b.IsZero ? 0 : BigInteger.Abs(a / BigInteger.GreatestCommonDivisor(a, b) * b)),
            _ => null,
        };
    }

    private Rational? Factorial(Rational of, int step)
    {
        if (of.Small is not { } n || n is < 0 or > MaxFactorial || !budget.Spend((n * (long)n / 640) + 1))
            return null;
        BigInteger product = 1;
        for (int i = n; i > 1; i -= step)
            product *= i;
        var result = new Rational(product);
        return result.Size <= Rational.MaxBits ? result : null;
    }

    private Rational? Binomial(Rational of, Rational chosen)
    {
        if (of.Small is not { } n || chosen.Small is not { } k || n < 0)
            return null;
        if (k < 0 || k > n)
            return Rational.Zero;
        k = Math.Min(k, n - k);
        // The result has about k·log2(n·e/k) bits, and each of k steps goes over all bits so far.
        double words = k * Math.Log2(Math.E * n / Math.Max(1, k)) / 32;
        if (k > MaxFactorial || !budget.Spend((long)(k * words / 60) + 1))
            return null;
        BigInteger result = 1;
        for (int i = 1; i <= k; i++)
            result = result * (n - k + i) / i;
        return new Rational(result);
    }

    private static Rational? Modulo(Rational a, Rational b)
    {
        if (a.Integer is not { } dividend || b.Integer is not { Sign: > 0 } modulus || a.Size > Rational.MaxBits / 2)
            return null;
        BigInteger rest = dividend % modulus;
        return new Rational(rest.Sign < 0 ? rest + modulus : rest);
    }

    private Rational? Divisors(Rational[] arguments, Func<BigInteger, BigInteger, BigInteger> operation)
    {
        if (arguments.Any(argument => argument.Integer is null || argument.Size > 2000) || !budget.Spend(100 * arguments.Length))
            return null;
        return new Rational(arguments.Select(argument => argument.Numerator / argument.Denominator).Aggregate(operation));
    }

    private Rational? Series(MathNode node)
    {
        string variable = node.First.Name;
        if (Of(node.Items[1])?.Small is not { } from || Of(node.Items[2])?.Small is not { } to || to - (long)from > MaxTerms)
            return null;
        bool isBound = point.TryGetValue(variable, out Rational outer);
        Rational? result = node.Name == "sum" ? Rational.Zero : Rational.One;
        for (int i = from; i <= to && result is not null; i++)
        {
            point[variable] = new Rational(i);
            Rational? term = Of(node.Items[3]);
            result = term is null ? null : node.Name == "sum" ? Add(result.Value, term.Value) : Multiply(result.Value, term.Value);
        }

        if (isBound)
            point[variable] = outer;
        else
            point.Remove(variable);
        return result;
    }
}
