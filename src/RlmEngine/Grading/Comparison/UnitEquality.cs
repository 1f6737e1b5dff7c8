using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Comparison;

/// <summary>Equality of values with units. Known units are converted; unknown ones are words that do not count.</summary>
/// <param name="scalars">Compares the values.</param>
internal sealed class UnitEquality(ScalarEquality scalars)
{
    // Name, dimension, size as a fraction of the dimension's first unit.
    private static readonly Dictionary<string, (string Dimension, int Above, int Below)> s_units = new (string Names, string Dimension, int Above, int Below)[]
    {
        ("m meter meters metre metres", "length", 1, 1),
        ("cm centimeter centimeters centimetre centimetres", "length", 1, 100),
        ("mm millimeter millimeters", "length", 1, 1000),
        ("dm decimeter decimeters", "length", 1, 10),
        ("km kilometer kilometers kilometre kilometres", "length", 1000, 1),
        ("ft foot feet", "foot", 1, 1),
        ("in inch inches", "foot", 1, 12),
        ("yd yard yards", "foot", 3, 1),
        ("mi mile miles", "foot", 5280, 1),
        ("s sec secs second seconds", "time", 1, 1),
        ("min mins minute minutes", "time", 60, 1),
        ("h hr hrs hour hours", "time", 3600, 1),
        ("day days", "time", 86400, 1),
        ("g gram grams gm", "mass", 1, 1),
        ("kg kilogram kilograms", "mass", 1000, 1),
        ("mg milligram milligrams", "mass", 1, 1000),
        ("lb lbs pound pounds", "pound", 1, 1),
        ("oz ounce ounces", "pound", 1, 16),
        ("l L liter liters litre litres", "volume", 1, 1),
        ("ml mL milliliter milliliters", "volume", 1, 1000),
        ("dollar dollars USD", "dollar", 1, 1),
        ("cent cents", "dollar", 1, 100),
    }.SelectMany(unit => unit.Names.Split(' ').Select(name => (name, (unit.Dimension, unit.Above, unit.Below))))
        .ToDictionary(pair => pair.name, pair => pair.Item2, StringComparer.Ordinal);

    /// <summary>Two values with units are equal.</summary>
    public bool AreEqual(MathNode gold, MathNode pred)
    {
        MathNode a = AnswerShape.Bare(gold), b = AnswerShape.Bare(pred);
        if (gold.Name != pred.Name && Size(gold.Name) is { } left && Size(pred.Name) is { } right)
        {
            return left.Dimension == right.Dimension
                && scalars.AreEqual(MathNode.Product(MathNode.Number(left.Factor), a), MathNode.Product(MathNode.Number(right.Factor), b));
        }

        return scalars.AreEqual(a, b);
    }

    /// <summary>One answer is in degrees and the other one, with π in it, in radians.</summary>
    public bool IsAngleEqual(MathNode gold, MathNode pred)
    {
        (MathNode degrees, MathNode radians) = gold.Is(NodeKind.Degree) ? (gold, pred) : (pred, gold);
        if (!radians.Any(inner => inner is { Kind: NodeKind.Constant, Name: "pi" } or { Kind: NodeKind.Call, Name: "arcsin" or "arccos" or "arctan" }) || radians.Any(inner => inner.Is(NodeKind.Bracket)))
            return false;
        var perDegree = MathNode.Quotient(new MathNode(NodeKind.Constant, "pi"), MathNode.Integer(180));
        return scalars.AreEqual(MathNode.Product(degrees.First, perDegree), AnswerShape.Bare(radians));
    }

    private static (string Dimension, Rational Factor)? Size(string unit)
    {
        string[] parts = unit.Trim().TrimEnd('.').Split('^');
        int power = parts.Length == 2 && int.TryParse(parts[1], out int written) && written is 2 or 3 ? int.Parse(parts[1]) : 1;
        if (parts.Length > 2 || (parts.Length == 2 && power == 1))
            return null;
        string name = parts[0].Trim();
        foreach ((string word, int meaning) in ((string, int)[])[("square ", 2), ("sq ", 2), ("cubic ", 3)])
        {
            if (name.StartsWith(word, StringComparison.Ordinal))
                (name, power) = (name[word.Length..], meaning);
        }

        return s_units.TryGetValue(name, out (string Dimension, int Above, int Below) size)
            ? ($"{size.Dimension}{power}", new Rational(size.Above, size.Below).Pow(power))
            : null;
    }
}
