using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Comparison;

/// <summary>Equality of equations and inequalities.</summary>
/// <param name="answers">Compares their sides.</param>
/// <param name="scalars">Compares the differences of their sides.</param>
/// <param name="sets">Solves inequalities in one variable.</param>
internal sealed class RelationEquality(AnswerEquality answers, ScalarEquality scalars, RealSetReading sets)
{
    /// <summary>The two relations say the same.</summary>
    public bool AreEqual(MathNode gold, MathNode pred, MathGradingOptions options)
    {
        if (gold.Name == pred.Name && answers.AreItemsEqual(gold.Items, pred.Items))
            return true;
        if (gold.Name == "=" && pred.Name == "=")
            return AreEquationsEqual(gold, pred);
        if (gold.Name == "in" || pred.Name == "in")
            return IsMembershipEqual(gold, pred, options);
        if (!RealSetReading.IsInequality(gold) || !RealSetReading.IsInequality(pred))
            return gold.Name == "==" && pred.Name is "=" or "==" && answers.AreEqual(gold.Items[^1], pred.Items[^1]);
        if (NodeSymbols(gold).SequenceEqual(NodeSymbols(pred)) && sets.Of(gold) is { } left && sets.Of(pred) is { } right)
            return answers.AreSetsEqual(left, right);
        return AreInequalitiesEqual(gold, pred);
    }

    private bool AreEquationsEqual(MathNode gold, MathNode pred)
    {
        bool areNames = AnswerShape.IsAssignment(gold) && AnswerShape.IsAssignment(pred);
        if (areNames && IsSameName(gold.First, pred.First))
            return answers.AreEqual(gold.Items[1], Renamed(pred, gold).Items[1]);
        MathNode left = Difference(gold), right = Difference(pred);
        return IsScalar(gold) && IsScalar(pred) && scalars.AreProportional(left, right, isPositive: false);
    }

    /// <summary>One name, but for subscripts that one of them lacks, or the letter of a function's argument.</summary>
    private static bool IsSameName(MathNode gold, MathNode pred)
    {
        if (NodeText.Of(gold) == NodeText.Of(pred))
            return true;
        if (gold.Is(NodeKind.Apply) && pred.Is(NodeKind.Apply))
            return gold.Name == pred.Name && gold.Items.Count == pred.Items.Count && gold.Items.Concat(pred.Items).All(item => item.Is(NodeKind.Symbol));
        if (gold.Is(NodeKind.Apply) != pred.Is(NodeKind.Apply))
            return (gold.Is(NodeKind.Apply) ? gold : pred).Items.All(item => item.Is(NodeKind.Symbol)) && (gold.Is(NodeKind.Apply) ? pred : gold).Name == "y";
        string a = gold.Name, b = pred.Name;
        bool isOneBare = gold.Is(NodeKind.Symbol) && pred.Is(NodeKind.Symbol) && a.Contains('_', StringComparison.Ordinal) != b.Contains('_', StringComparison.Ordinal);
        return isOneBare && a.Split('_')[0] == b.Split('_')[0];
    }

    /// <summary>The definition of a function with the argument's name of another one.</summary>
    private static MathNode Renamed(MathNode pred, MathNode gold)
    {
        if (!pred.First.Is(NodeKind.Apply) || !gold.First.Is(NodeKind.Apply))
            return pred;
        var names = pred.First.Items.Zip(gold.First.Items).Where(pair => pair.First.Is(NodeKind.Symbol)).DistinctBy(pair => pair.First.Name)
            .ToDictionary(pair => pair.First.Name, pair => pair.Second);
        return SymbolNames.Replace(pred, names);
    }

    private bool IsMembershipEqual(MathNode gold, MathNode pred, MathGradingOptions options)
    {
        if (gold.Name == "in" && pred.Name == "in")
            return answers.AreEqual(gold.Items[1], pred.Items[1]);
        bool isAllowed = pred.Name == "in" || options.AllowsSetRelation;
        return isAllowed && sets.Of(gold) is { } left && sets.Of(pred) is { } right && answers.AreSetsEqual(left, right);
    }

    /// <summary>Two-sided inequalities in several variables: the same up to a positive factor, either way round.</summary>
    private bool AreInequalitiesEqual(MathNode gold, MathNode pred)
    {
        if (gold.Items.Count != 2 || pred.Items.Count != 2 || !IsScalar(gold) || !IsScalar(pred))
            return IsReversed(gold, pred);
        if (gold.Name == pred.Name && scalars.AreProportional(Difference(gold), Difference(pred), isPositive: gold.Name != "!="))
            return true;
        return Reversed(gold.Name) == pred.Name && scalars.AreProportional(Difference(gold), MathNode.Negative(Difference(pred)), isPositive: true);
    }

    /// <summary>a ≤ b ≤ c and c ≥ b ≥ a.</summary>
    private bool IsReversed(MathNode gold, MathNode pred) =>
        string.Join(' ', gold.Name.Split(' ').Reverse().Select(Reversed)) == pred.Name && answers.AreItemsEqual([.. gold.Items.Reverse()], pred.Items);

    private static string Reversed(string relation) => relation switch
    {
        "<" => ">",
        ">" => "<",
        "<=" => ">=",
        ">=" => "<=",
        _ => relation,
    };

    private static bool IsScalar(MathNode relation) => !relation.Items.Any(item => item.Any(inner =>
        inner.Kind is NodeKind.Bracket or NodeKind.Set or NodeKind.List or NodeKind.Matrix or NodeKind.SetOperation or NodeKind.NamedSet or NodeKind.Ratio));

    private static MathNode Difference(MathNode relation) => MathNode.Difference(relation.First, relation.Items[1]);

    private static IEnumerable<string> NodeSymbols(MathNode node)
    {
        List<string> symbols = [];
        NodeText.CollectSymbols(node, symbols);
        return symbols.Order(StringComparer.Ordinal);
    }
}
