using System.Numerics;
using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Latex;

/// <content>Products, powers and what stands behind a number.</content>
internal sealed partial class MathParser
{
    /// <summary>Signs of one kind behind an atom.</summary>
    private const int MaxPostfixes = 8;

    private MathNode? ParseProduct()
    {
        if (ParseFactor() is not { } first)
            return null;
        List<MathNode> above = [first], below = [];
        while (true)
        {
            if (TakeTimes())
            {
                if (ParseFactor() is not { } factor)
                    return null;
                above.Add(factor);
            }
            else if (TakeSign("/") || TakeCommand("/"))
            {
                if (ParseFactor() is not { } divisor)
                    return null;
                below.Add(divisor);
            }
            else if (TakeCommand("bmod"))
            {
                if (ParseFactor() is not { } modulus)
                    return null;
                (above, below) = ([MathNode.Call("mod", Combine(above, below), modulus)], []);
            }
            else if (StartsUnit())
            {
                (above, below) = ([ParseUnit(Combine(above, below))], []);
            }
            else if (!StartsAtom())
            {
                return Combine(above, below);
            }
            else if (!ParseBeside(above, isAfterDivisor: below.Count > 0))
            {
                return null;
            }
        }
    }

    private static MathNode Combine(List<MathNode> above, List<MathNode> below) =>
        below.Count == 0 ? MathNode.Product([.. above]) : MathNode.Quotient(MathNode.Product([.. above]), MathNode.Product([.. below]));

    /// <summary>A factor right beside another one, or the fraction of a mixed number.</summary>
    private bool ParseBeside(List<MathNode> above, bool isAfterDivisor)
    {
        // A word right before a formula is prose.
        if (above[^1].Is(NodeKind.Text) && _tokens[_at - 1].Kind == TokenKind.Word)
            return false;
        bool isAfterNumber = _at > 0 && _tokens[_at - 1].Kind == TokenKind.Number && above[^1].Is(NodeKind.Number) && !isAfterDivisor;
        bool isWhole = isAfterNumber && !above[^1].IsDecimal;
        // Two numbers side by side are a mixed number or nothing; n 2^n is a product.
        if (Now.Kind == TokenKind.Number && _tokens[_at - 1].Kind == TokenKind.Number && above[^1].Is(NodeKind.Number))
            return isWhole && Now.HasSpace && ParseMixed(above);
        bool isFraction = Now.IsCommand("frac");
        if (ParsePower() is not { } factor)
            return false;
        if (isWhole && isFraction && IsProperFraction(factor))
            above[^1] = MathNode.Sum(above[^1], factor);
        else
            above.Add(factor);
        return true;
    }

    private static bool IsProperFraction(MathNode node) =>
        node.Is(NodeKind.Quotient) && node.Items.All(item => item.Is(NodeKind.Number) && !item.IsDecimal && item.Value.Sign > 0)
        && Rational.Compare(node.First.Value, node.Items[1].Value) < 0;

    /// <summary>1 1/2: a number, white space, two numbers with a stroke.</summary>
    private bool ParseMixed(List<MathNode> above)
    {
        if (Ahead is not { Kind: TokenKind.Sign, Text: "/" } || _at + 2 >= _tokens.Length || _tokens[_at + 2].Number is not { } below)
            return false;
        var fraction = MathNode.Quotient(Now.Number!, below);
        _at += 3;
        above[^1] = MathNode.Sum(above[^1], fraction);
        return IsProperFraction(fraction);
    }

    private bool TakeTimes() =>
        TakeSign("*") || TakeCommand("times") || TakeCommand("cdot") || TakeCommand("*") || TakeCommand("bullet") || TakeCommand("cdotp");

    private MathNode? ParseFactor()
    {
        bool isNegative = false;
        while (Now.IsSign("-") || Now.IsSign("+"))
            isNegative ^= _tokens[_at++].Text == "-";
        return ParsePower() is not { } factor ? null : isNegative ? MathNode.Negative(factor) : factor;
    }

    private bool StartsUnit() =>
        _at > 0 && ((Now.Kind == TokenKind.Text && !IsJointText(Now.Text)) || (Now.Kind == TokenKind.Word && _tokens[_at - 1].Kind == TokenKind.Number));

    /// <summary>Words behind a value: its unit, with powers and strokes; percent and degrees have nodes of their own.</summary>
    private MathNode ParseUnit(MathNode value)
    {
        string unit = "";
        while (true)
        {
            bool isWord = Now.Kind is TokenKind.Text && !IsJointText(Now.Text);
            if (isWord || Now.Kind is TokenKind.Word || (unit.EndsWith('/') && Now.Kind is TokenKind.Letter))
                unit += _tokens[_at++].Text;
            else if (Now.IsSign("^") && Ahead.Kind == TokenKind.Number)
                unit += "^" + _tokens[(_at += 2) - 1].Text;
            else if (Now.IsSign("^") && Ahead.IsSign("{") && _at + 3 < _tokens.Length && _tokens[_at + 2].Kind == TokenKind.Number && _tokens[_at + 3].IsSign("}"))
                unit += "^" + _tokens[(_at += 4) - 2].Text;
            else if (Now.IsSign("/") && Ahead.Kind is TokenKind.Text or TokenKind.Word or TokenKind.Letter)
                unit += _tokens[_at++].Text;
            else
                break;
        }

        return unit.Trim('.', ' ') switch
        {
            "percent" or "pct" or "%" or "percentage" or "per cent" => new MathNode(NodeKind.Percent, "", value),
            "degrees" or "degree" or "deg" or "deg." => new MathNode(NodeKind.Degree, "", value),
            var other => WithUnit(value, other),
        };
    }

    /// <summary>3 million dollars: the power of ten counts, the unit behind it is one.</summary>
    private static MathNode WithUnit(MathNode value, string unit)
    {
        string[] words = unit.Split(' ', 2);
        int zeros = words[0] switch
        {
            "hundred" => 2,
            "thousand" => 3,
            "million" => 6,
            "billion" => 9,
            "trillion" => 12,
            _ => 0,
        };
        if (zeros == 0)
            return new MathNode(NodeKind.Unit, unit, value);
        var number = MathNode.Product(value, MathNode.Integer(BigInteger.Pow(10, zeros)));
        return words.Length == 1 ? number : new MathNode(NodeKind.Unit, words[1], number);
    }

    private bool StartsAtom() => Now.Kind switch
    {
        TokenKind.Number or TokenKind.Letter or TokenKind.Begin => true,
        TokenKind.Word => false,
        TokenKind.Command => AtomCommands.Contains(Now.Text) || Now.Text.StartsWith("bb:", StringComparison.Ordinal),
        TokenKind.Sign => Now.Text is "(" or "[" or "{" || (Now.Text == "|" && _bars == 0),
        _ => false,
    };

    private MathNode? ParsePower()
    {
        if (_depth >= MaxDepth || !_budget.Spend())
            return null;
        _depth++;
        MathNode? node = ParseAtom();
        for (int i = 0; node is not null; i++)
        {
            if (i > MaxPostfixes)
                return null;
            MathNode? next = ParsePostfix(node);
            if (ReferenceEquals(next, node))
                break;
            node = next;
        }

        _depth--;
        return node;
    }

    /// <summary>The node with what stands right behind it; the node itself when nothing does.</summary>
    private MathNode? ParsePostfix(MathNode node)
    {
        if (Now.IsSign("!"))
        {
            _at++;
            return MathNode.Call(TakeSign("!") ? "doublefactorial" : "factorial", node);
        }

        if (Now.IsSign("%"))
        {
            _at++;
            return new MathNode(NodeKind.Percent, "", node);
        }

        if (Now.IsSign("'") && node.Kind is NodeKind.Symbol or NodeKind.Apply)
        {
            _at++;
            return new MathNode(node.Kind, node.Name + "'", [.. node.Items]);
        }

        if (TakeCommand("circ"))
            return new MathNode(NodeKind.Degree, "", node);
        if (TakeSign("_"))
            return ParseSubscript() is { } subscript ? WithSubscript(node, subscript) : null;
        return TakeSign("^") ? ParseExponent(node) : node;
    }

    private MathNode? ParseExponent(MathNode node)
    {
        if (TakeCommand("circ"))
            return new MathNode(NodeKind.Degree, "", node);
        if (Now.IsSign("{") && Ahead.IsCommand("circ") && _at + 2 < _tokens.Length && _tokens[_at + 2].IsSign("}"))
        {
            _at += 3;
            return new MathNode(NodeKind.Degree, "", node);
        }

        bool isNegative = TakeSign("-");
        MathNode? exponent = Now.Kind == TokenKind.Number ? _tokens[_at++].Number : ParsePower();
        // 2^3^2 is 2^9.
        if (exponent is not null && TakeSign("^"))
        {
            MathNode below = exponent;
            exponent = Depth(() => ParseExponent(below));
        }

        return exponent is null ? null : MathNode.Power(node, isNegative ? MathNode.Negative(exponent) : exponent);
    }

    private static MathNode? WithSubscript(MathNode node, string subscript) => node switch
    {
        { Kind: NodeKind.Number, IsDecimal: false } when node.Value.Integer is { } digits
            && (int.TryParse(subscript, out int number) ? number : LatexWords.Number(subscript)) is { } numberBase =>
            new MathNode(NodeKind.Based, digits.ToString(), MathNode.Integer(numberBase)),
        { Kind: NodeKind.Symbol or NodeKind.Text or NodeKind.Constant } => new MathNode(NodeKind.Symbol, $"{node.Name}_{subscript}"),
        { Kind: NodeKind.Apply or NodeKind.Product or NodeKind.Call } => MathNode.Call("indexed", node, new MathNode(NodeKind.Symbol, subscript)),
        _ => null,
    };

    /// <summary>The text of a subscript, without white space.</summary>
    private string? ParseSubscript()
    {
        if (!TakeSign("{"))
            return Now.Kind is TokenKind.End ? null : _tokens[_at++].Text;
        string text = "";
        for (int depth = 1; Now.Kind != TokenKind.End && text.Length < 200; _at++)
        {
            depth += Now.IsSign("{") ? 1 : Now.IsSign("}") ? -1 : 0;
            if (depth == 0)
            {
                _at++;
                return text;
            }

            if (Now.Kind != TokenKind.Sign || Now.Text is not ("{" or "}"))
                text += Now.Text;
        }

        return null;
    }
}
