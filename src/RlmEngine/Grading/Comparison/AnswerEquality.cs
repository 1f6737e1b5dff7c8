using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Comparison;

/// <summary>Equality of two answers of any shape: values, lists, tuples, intervals, sets, matrices, equations, inequalities.</summary>
internal sealed class AnswerEquality
{
    private const int MaxItems = 64;

    private readonly MathGradingOptions _options;
    private readonly StepBudget _budget;
    private readonly ScalarEquality _scalars;
    private readonly RealSetReading _sets;
    private readonly RelationEquality _relations;
    private readonly UnitEquality _units;

    /// <summary>Equality under options; all comparisons spend from one budget.</summary>
    public AnswerEquality(MathGradingOptions options, StepBudget budget)
    {
        (_options, _budget) = (options, budget);
        _scalars = new ScalarEquality(options, budget);
        _sets = new RealSetReading(_scalars, budget);
        _units = new UnitEquality(_scalars);
        _relations = new RelationEquality(this, _scalars, _sets);
    }

    /// <summary>The two answers are equal.</summary>
    public bool AreEqual(MathNode gold, MathNode pred)
    {
        if (!_budget.Spend(2 + ((gold.Size + pred.Size) / 4)))
            return false;
        if (gold.Is(NodeKind.Relation) || pred.Is(NodeKind.Relation))
            return AreRelationsEqual(gold, pred);
        if (gold.Is(NodeKind.List) || pred.Is(NodeKind.List))
            return AreListsEqual(gold, pred) || AreUnionsEqual(gold, pred);
        if (gold.Is(NodeKind.Percent) || pred.Is(NodeKind.Percent))
            return ArePercentagesEqual(gold, pred);
        if (gold.Is(NodeKind.Unit) && pred.Is(NodeKind.Unit))
            return _units.AreEqual(gold, pred);
        if (gold.Is(NodeKind.Degree) != pred.Is(NodeKind.Degree) && _units.IsAngleEqual(gold, pred))
            return true;
        (gold, pred) = (AnswerShape.Bare(gold), AnswerShape.Bare(pred));
        if (IsCollection(gold) || IsCollection(pred))
            return AreCollectionsEqual(gold, pred);
        if (gold.Is(NodeKind.Ratio) && pred.Is(NodeKind.Ratio))
            return AreRatiosEqual(gold, pred);
        if (gold.Is(NodeKind.Ratio) != pred.Is(NodeKind.Ratio))
            return IsQuotientEqual(gold, pred);
        return gold.Is(NodeKind.Text) || pred.Is(NodeKind.Text) || gold.Is(NodeKind.Based) != pred.Is(NodeKind.Based)
            ? NodeText.Of(gold) == NodeText.Of(pred)
            : _scalars.AreEqual(gold, pred);
    }

    /// <summary>Items in their order.</summary>
    public bool AreItemsEqual(IReadOnlyList<MathNode> gold, IReadOnlyList<MathNode> pred)
    {
        if (gold.Count != pred.Count)
            return false;
        for (int i = 0; i < gold.Count; i++)
        {
            if (!AreEqual(gold[i], pred[i]))
                return false;
        }

        return true;
    }

    private bool AreRelationsEqual(MathNode gold, MathNode pred)
    {
        if (gold.Is(NodeKind.Relation) && pred.Is(NodeKind.Relation))
            return _relations.AreEqual(gold, pred, _options);
        if (gold.Is(NodeKind.List) || pred.Is(NodeKind.List))
        {
            return (RightSide(gold) is { } left && AreEqual(left, pred)) || (RightSide(pred) is { } right && AreEqual(gold, right)) || AreListsEqual(gold, pred)
                || AreUnionsEqual(gold, pred);
        }

        if (pred.Is(NodeKind.Relation))
        {
            // The last side of a chain of equations is what was found, whatever the sides before it are.
            if (pred.Name is "=" or "==" or "in" || AnswerShape.IsAssignment(pred))
                return AreEqual(gold, pred.Items[^1]);
            return _options.AllowsSetRelation && _sets.Of(pred) is { } set && _sets.Of(gold) is { } goldSet && AreSetsEqual(goldSet, set);
        }

        if (AnswerShape.IsAssignment(gold))
            return AreEqual(gold.Items[^1], pred);
        return RealSetReading.IsInequality(gold) && _sets.Of(gold) is { } relation && _sets.Of(pred) is { } other && AreSetsEqual(relation, other);
    }

    private static MathNode? RightSide(MathNode node) => AnswerShape.IsAssignment(node) ? node.Items[^1] : null;

    /// <summary>Sets of real numbers with equal ends.</summary>
    public bool AreSetsEqual(RealSet gold, RealSet pred)
    {
        if (gold.Intervals.Count != pred.Intervals.Count)
            return false;
        for (int i = 0; i < gold.Intervals.Count; i++)
        {
            RealInterval a = gold.Intervals[i], b = pred.Intervals[i];
            if (a.HasLow != b.HasLow || a.HasHigh != b.HasHigh || !AreEndsEqual(a.LowNode, b.LowNode) || !AreEndsEqual(a.HighNode, b.HighNode))
                return false;
        }

        return true;
    }

    private bool AreEndsEqual(MathNode? a, MathNode? b) => a is null || b is null ? a is null && b is null : AreEqual(a, b);

    private bool ArePercentagesEqual(MathNode gold, MathNode pred)
    {
        MathNode goldNumber = gold.Is(NodeKind.Percent) ? gold.First : gold, predNumber = pred.Is(NodeKind.Percent) ? pred.First : pred;
        if (gold.Kind == pred.Kind)
            return AreEqual(goldNumber, predNumber);
        return (_options.IgnoresPercentSign && AreEqual(goldNumber, predNumber)) || _scalars.AreEqual(AnswerShape.Bare(gold), AnswerShape.Bare(pred));
    }

    /// <summary>3 : 4 is three quarters where the other answer is a number.</summary>
    private bool IsQuotientEqual(MathNode gold, MathNode pred)
    {
        (MathNode ratio, MathNode number) = gold.Is(NodeKind.Ratio) ? (gold, pred) : (pred, gold);
        return ratio.Items.Count == 2 && number.Kind is NodeKind.Number or NodeKind.Quotient && _scalars.AreEqual(MathNode.Quotient(ratio.First, ratio.Items[1]), number);
    }

    private bool AreRatiosEqual(MathNode gold, MathNode pred)
    {
        if (AreItemsEqual(gold.Items, pred.Items))
            return true;
        if (gold.Items.Count != pred.Items.Count || gold.Items.Concat(pred.Items).Any(item => _scalars.Exact(item) is { Sign: 0 }))
            return false;
        for (int i = 1; i < gold.Items.Count; i++)
        {
            if (!_scalars.AreEqual(MathNode.Product(gold.First, pred.Items[i]), MathNode.Product(pred.First, gold.Items[i])))
                return false;
        }

        return true;
    }

    /// <summary>Answers side by side, in any order; a tuple has its order, and stands for a list of as many.</summary>
    private bool AreListsEqual(MathNode gold, MathNode pred)
    {
        IReadOnlyList<MathNode> left = Items(gold), right = Items(pred);
        if (left.Count > MaxItems || right.Count > MaxItems)
            return false;
        bool isTuple = (gold.Is(NodeKind.Bracket) && IsTuple(gold)) || (pred.Is(NodeKind.Bracket) && IsTuple(pred));
        if (isTuple && AreItemsEqual(left, right))
            return true;
        if (gold.Kind is NodeKind.Bracket || pred.Kind is NodeKind.Bracket)
            return false;
        if (left.Count != right.Count)
            (left, right) = (Distinct(left), Distinct(right));
        return left.Count == right.Count && (AreItemsEqual(left, right) || Matching(left, right));
    }

    /// <summary>x &lt; 1 or x &gt; 2 beside a union of intervals; x &gt; 1 and x &lt; 2, which together would be everything, beside an interval.</summary>
    private bool AreUnionsEqual(MathNode gold, MathNode pred)
    {
        (MathNode list, MathNode set) = gold.Is(NodeKind.List) ? (gold, pred) : (pred, gold);
        bool isSet = set.Kind is NodeKind.SetOperation or NodeKind.Bracket or NodeKind.NamedSet || RealSetReading.IsInequality(set);
        if (!isSet || !list.Is(NodeKind.List) || !list.Items.All(RealSetReading.IsInequality) || !(_options.AllowsSetRelation || gold.Is(NodeKind.List)))
            return false;
        if (_sets.Of(list) is not { } together || _sets.Of(set) is not { } other)
            return false;
        bool isEverything = together.Intervals is [{ LowNode: null, HighNode: null }];
        return AreSetsEqual(isEverything && _sets.Common(list.Items) is { } common ? common : together, other);
    }

    private static IReadOnlyList<MathNode> Items(MathNode node) => node.Kind is NodeKind.List or NodeKind.Set or NodeKind.Bracket ? node.Items : [node];

    private static bool IsTuple(MathNode bracket) => bracket.Name == "()" || bracket.Items.Count > 2;

    private List<MathNode> Distinct(IReadOnlyList<MathNode> items)
    {
        List<MathNode> distinct = [];
        foreach (MathNode item in items)
        {
            if (!distinct.Any(other => AreEqual(other, item)))
                distinct.Add(item);
        }

        return distinct;
    }

    /// <summary>Each item has a partner of its own; equality is transitive but for rounding, so the first free partner will do.</summary>
    private bool Matching(IReadOnlyList<MathNode> left, IReadOnlyList<MathNode> right)
    {
        List<MathNode> free = [.. right];
        foreach (MathNode item in left)
        {
            int partner = free.FindIndex(other => AreEqual(item, other));
            if (partner < 0 || _budget.IsExhausted)
                return false;
            free.RemoveAt(partner);
        }

        return true;
    }

    private static bool IsCollection(MathNode node) =>
        node.Kind is NodeKind.Bracket or NodeKind.Set or NodeKind.Matrix or NodeKind.SetOperation or NodeKind.NamedSet;

    private bool AreCollectionsEqual(MathNode gold, MathNode pred)
    {
        if (NodeText.Of(gold) == NodeText.Of(pred))
            return true;
        if (gold.Is(NodeKind.Matrix) || pred.Is(NodeKind.Matrix))
            return AreMatricesEqual(gold, pred);
        if (gold.Is(NodeKind.Bracket) && pred.Is(NodeKind.Bracket))
        {
            bool isSameKind = gold.Name == pred.Name || (gold.Items.Count > 2 && IsClosed(gold) && IsClosed(pred));
            return isSameKind && AreItemsEqual(gold.Items, pred.Items);
        }

        if (gold.Is(NodeKind.Set) && pred.Is(NodeKind.Set))
            return AreListsEqual(gold, pred);
        if (!_options.IsStrict && (gold.Is(NodeKind.Set) || pred.Is(NodeKind.Set)) && AreListsEqual(MathNode.List(Items(gold)), MathNode.List(Items(pred))))
            return true;
        // A set of one is its element: {5} and 5.
        if (gold.Is(NodeKind.Set) && gold.Items.Count == 1 && !IsCollection(pred))
            return AreEqual(gold.First, pred);
        if (pred.Is(NodeKind.Set) && pred.Items.Count == 1 && !IsCollection(gold))
            return AreEqual(gold, pred.First);
        if (_sets.Of(gold) is { } left && _sets.Of(pred) is { } right)
            return AreSetsEqual(left, right);
        return gold.Is(NodeKind.SetOperation) && pred.Is(NodeKind.SetOperation) && gold.Name == pred.Name && gold.Items.Count == pred.Items.Count
            && (gold.Name == "setminus" ? AreItemsEqual(gold.Items, pred.Items) : Matching(gold.Items, pred.Items));
    }

    private static bool IsClosed(MathNode bracket) => bracket.Name is "()" or "[]";

    private bool AreMatricesEqual(MathNode gold, MathNode pred)
    {
        if (gold.Is(NodeKind.Matrix) && pred.Is(NodeKind.Matrix))
        {
            return gold.Items.Count == pred.Items.Count
                && gold.Items.Zip(pred.Items).All(rows => AreItemsEqual(rows.First.Items, rows.Second.Items));
        }

        MathNode matrix = gold.Is(NodeKind.Matrix) ? gold : pred, other = gold.Is(NodeKind.Matrix) ? pred : gold;
        bool isVector = matrix.Items.Count == 1 || matrix.First.Items.Count == 1;
        if (other.Is(NodeKind.Bracket) && other.Items.All(row => row.Is(NodeKind.Bracket)))
            return AreItemsEqual([.. matrix.Items.Select(row => new MathNode(NodeKind.Bracket, other.First.Name, [.. row.Items]))], other.Items);
        if (!other.Is(NodeKind.Bracket) || !isVector)
            return false;
        MathNode[] entries = [.. matrix.Items.SelectMany(row => row.Items)];
        return gold.Is(NodeKind.Matrix) ? AreItemsEqual(entries, other.Items) : AreItemsEqual(other.Items, entries);
    }
}
