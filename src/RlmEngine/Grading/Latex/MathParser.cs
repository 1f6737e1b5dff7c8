using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Latex;

/// <summary>
/// Parses an answer by recursive descent. Gives up (null, never an exception) on what is no mathematics, on nesting deeper than
/// <see cref="MaxDepth"/> and when the budget ends. Long sums and products stay flat, so that the tree is never deeper than the nesting.
/// </summary>
internal sealed partial class MathParser
{
    /// <summary>Levels of nesting.</summary>
    public const int MaxDepth = 60;

    /// <summary>Terms that relations may join.</summary>
    private const int MaxTerms = 64;

    private readonly LatexToken[] _tokens;
    private readonly StepBudget _budget;
    private int _at;
    private int _depth;
    private int _bars;

    private MathParser(IReadOnlyList<LatexToken> tokens, StepBudget budget, int depth) => (_tokens, _budget, _depth) = ([.. tokens], budget, depth);

    /// <summary>The tree of a whole text, or null.</summary>
    /// <param name="text">Cleaned by <see cref="LatexCleaning"/>.</param>
    /// <param name="commas">How a comma between digits is read.</param>
    /// <param name="budget">Shared by everything done for one comparison.</param>
    public static MathNode? Parse(string text, CommaReading commas, StepBudget budget) => Parse(text, commas, budget, 0);

    private static MathNode? Parse(string text, CommaReading commas, StepBudget budget, int depth)
    {
        if (LatexLexer.Tokens(text, commas, budget) is not { Count: > 1 } tokens)
            return null;
        var parser = new MathParser(tokens, budget, depth);
        MathNode? list = parser.ParseList();
        return parser.Now.Kind == TokenKind.End ? list : null;
    }

    private LatexToken Now => _tokens[_at];

    private LatexToken Ahead => _tokens[Math.Min(_at + 1, _tokens.Length - 1)];

    private bool TakeSign(string sign)
    {
        if (!Now.IsSign(sign))
            return false;
        _at++;
        return true;
    }

    private bool TakeCommand(string command)
    {
        if (!Now.IsCommand(command))
            return false;
        _at++;
        return true;
    }

    /// <summary>Answers side by side. A semicolon separates groups of answers where commas stand inside the groups.</summary>
    private MathNode? ParseList()
    {
        List<MathNode> groups = [];
        do
        {
            if (groups.Count > 0 && AtListEnd())
                break;
            if (ParseGroup() is not { } group)
                return null;
            groups.Add(group);
        }
        while (TakeSign(";"));
        bool areTuples = groups.Count > 1 && groups.All(group => group.Is(NodeKind.List));
        IEnumerable<MathNode> items = areTuples
            ? groups.Select(group => new MathNode(NodeKind.Bracket, "()", [.. group.Items]))
            : groups.SelectMany(group => group.Is(NodeKind.List) ? group.Items : [group]);
        return MathNode.List([.. items]);
    }

    private bool AtListEnd() => Now.Kind is TokenKind.End or TokenKind.EndEnvironment || Now.IsSign("}") || Now.IsSign(")") || Now.IsSign("]");

    private MathNode? ParseGroup()
    {
        List<MathNode> items = [];
        do
        {
            while (TakeJoint())
            {
            }

            if (items.Count > 0 && (AtListEnd() || Now.IsSign(";")))
                break;
            if (ParseStatement() is not { } item)
                return null;
            items.Add(item);
        }
        while (TakeJoint());
        return MathNode.List(items);
    }

    /// <summary>A comma, "and" or "or", as a command, a word or a text.</summary>
    private bool TakeJoint()
    {
        bool isText = Now.Kind == TokenKind.Text && IsJointText(Now.Text);
        if (!isText && !Now.IsSign(",") && !Now.IsCommand("and") && !Now.IsCommand("or"))
            return false;
        _at++;
        return true;
    }

    private static bool IsJointText(string text)
    {
        string word = text.Trim(' ', ',');
        return word.Length == 0 || LatexWords.IsJoint(word);
    }

    /// <summary>Terms joined by relations. What follows "approximately" is dropped, as is what stands before "therefore".</summary>
    private MathNode? ParseStatement()
    {
        while (Now.Kind == TokenKind.Relation && Now.Text is "=" or "=>" or "~")
            _at++;
        if (ParseSetOperation() is not { } first)
            return null;
        List<MathNode> terms = [first];
        List<string> relations = [];
        bool isRounded = false;
        while (Now.Kind == TokenKind.Relation && Now.Text != "|")
        {
            string relation = _tokens[_at++].Text;
            if (relation == "=>")
                return ParseStatement();
            if (ParseSetOperation() is not { } term)
                return null;
            isRounded |= relation == "~";
            if (isRounded)
                continue;
            if (terms.Count > MaxTerms)
                return null;
            relations.Add(relation);
            terms.Add(term);
        }

        if (TakeCommand("pmod") || TakeCommand("mod"))
            return ParsePower() is { } modulus ? WithModulus(terms, relations, modulus) : null;
        return relations.Count == 0 ? first : new MathNode(NodeKind.Relation, string.Join(' ', relations), [.. terms]);
    }

    private static MathNode? WithModulus(List<MathNode> terms, List<string> relations, MathNode modulus)
    {
        terms[^1] = MathNode.Call("pmod", terms[^1], modulus);
        return relations.Count == 0 ? terms[0] : new MathNode(NodeKind.Relation, string.Join(' ', relations), [.. terms]);
    }

    private MathNode? ParseSetOperation()
    {
        MathNode? left = ParseRatio();
        List<MathNode> items = [];
        string operation = "";
        while (left is not null && Now.Kind == TokenKind.Command && Now.Text is "cup" or "cap" or "setminus")
        {
            // A chain of one operation stays flat; another one takes all before it as its first item.
            if (items.Count > 0 && operation != Now.Text)
                return null;
            operation = _tokens[_at++].Text;
            items.Add(left);
            left = ParseRatio();
        }

        return left is null || items.Count == 0 ? left : new MathNode(NodeKind.SetOperation, operation, [.. items, left]);
    }

    private MathNode? ParseRatio()
    {
        MathNode? left = ParseSum();
        if (left is null || !Now.IsSign(":"))
            return left;
        // "Answer: 5" is a label, not a ratio.
        if (left.Is(NodeKind.Text))
            return null;
        List<MathNode> items = [left];
        while (TakeSign(":"))
        {
            if (ParseSum() is not { } next)
                return null;
            items.Add(next);
        }

        return new MathNode(NodeKind.Ratio, "", [.. items]);
    }

    private MathNode? ParseSum()
    {
        if (_depth >= MaxDepth || !_budget.Spend())
            return null;
        _depth++;
        List<MathNode> terms = [];
        string? sign = TakeTermSign();
        do
        {
            if (ParseProduct() is not { } term)
                return null;
            terms.Add(sign switch
            {
                "-" => MathNode.Negative(term),
                "pm" => new MathNode(NodeKind.PlusMinus, "+", term),
                "mp" => new MathNode(NodeKind.PlusMinus, "-", term),
                _ => term,
            });
            sign = TakeTermSign();
        }
        while (sign is not null);
        _depth--;
        return MathNode.Sum([.. terms]);
    }

    private string? TakeTermSign()
    {
        string? sign = null;
        while (true)
        {
            if (TakeSign("+"))
                sign ??= "+";
            else if (TakeSign("-"))
                sign = sign == "-" ? "+" : "-";
            else if (Now.Kind == TokenKind.Command && Now.Text is "pm" or "mp")
                sign = _tokens[_at++].Text;
            else
                return sign;
        }
    }
}
