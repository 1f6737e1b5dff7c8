using System.Numerics;
using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Latex;

/// <content>Commands: fractions, roots, functions, sums.</content>
internal sealed partial class MathParser
{
    private MathNode? ParseCommand()
    {
        string name = _tokens[_at++].Text;
        switch (name)
        {
            case "frac":
                return ParseArgument() is { } above && ParseArgument() is { } below ? MathNode.Quotient(above, below) : null;
            case "binom":
                return ParseArgument() is { } of && ParseArgument() is { } chosen ? MathNode.Call("binom", of, chosen) : null;
            case "sqrt":
                return ParseRoot();
            case "pi" or "infty":
                return new MathNode(NodeKind.Constant, name);
            case "emptyset":
                return new MathNode(NodeKind.NamedSet, "empty");
            case "{":
                return ParseSet();
            case "lfloor":
                return ParseEnclosed("rfloor", "floor");
            case "lceil":
                return ParseEnclosed("rceil", "ceil");
            case "max" or "min" or "gcd" or "lcm":
                return ParseManyArguments(name);
            case "sum" or "prod":
                return ParseSeries(name);
            default:
                if (name.StartsWith("bb:", StringComparison.Ordinal))
                    return ParseNamedSet(name[3..]);
                return LatexWords.Functions.Contains(name) || name is "deg" ? ParseFunction(name) : null;
        }
    }

    private MathNode? ParseNamedSet(string name)
    {
        // R^+, Z_{>0} and R^n are other sets than R.
        if (Now.IsSign("^") || Now.IsSign("_"))
        {
            name += _tokens[_at++].Text;
            if (ParseSubscript() is not { } mark)
                return null;
            name += mark;
        }

        return new MathNode(NodeKind.NamedSet, name);
    }

    /// <summary>The argument of a command: braces, or one token; of a number without braces its first digit, as in \frac12.</summary>
    private MathNode? ParseArgument()
    {
        if (Now is { Kind: TokenKind.Number } number && number.Text.Length > 1 && number.Text.All(char.IsAsciiDigit))
        {
            _tokens[_at] = number with { Text = number.Text[1..], Number = MathNode.Integer(BigInteger.Parse(number.Text[1..])) };
            return MathNode.Integer(number.Text[0] - '0');
        }

        return Depth(ParseAtom);
    }

    private MathNode? Depth(Func<MathNode?> parse)
    {
        if (_depth >= MaxDepth || !_budget.Spend())
            return null;
        _depth++;
        MathNode? node = parse();
        _depth--;
        return node;
    }

    private MathNode? ParseRoot()
    {
        MathNode degree = MathNode.Integer(2);
        if (TakeSign("["))
        {
            if (ParseSum() is not { } other || !TakeSign("]"))
                return null;
            degree = other;
        }

        return Depth(ParseAtom) is { } radicand ? MathNode.Call("root", radicand, degree) : null;
    }

    private MathNode? ParseEnclosed(string close, string function)
    {
        int bars = _bars;
        _bars = 0;
        MathNode? content = ParseSum();
        _bars = bars;
        return content is not null && TakeCommand(close) ? MathNode.Call(function, content) : null;
    }

    private MathNode? ParseManyArguments(string name)
    {
        if (TakeSign("(") || TakeSign("{"))
            return ParseItems(out string close) is { } items && (close == ")" || TakeSign("}")) ? MathNode.Call(name, [.. items]) : null;
        if (TakeCommand("{"))
            return ParseSet() is { Kind: NodeKind.Set } set ? MathNode.Call(name, [.. set.Items]) : null;
        return Depth(ParseAtom) is { } argument ? MathNode.Call(name, argument) : null;
    }

    private MathNode? ParseFunction(string name)
    {
        MathNode? exponent = null, subscript = null;
        for (int i = 0; i < 2; i++)
        {
            if (exponent is null && TakeSign("^"))
            {
                bool isNegative = TakeSign("-");
                exponent = Depth(ParseAtom);
                if (exponent is null)
                    return null;
                exponent = isNegative ? MathNode.Negative(exponent) : exponent;
            }
            else if (subscript is null && TakeSign("_"))
            {
                subscript = ParseArgumentWhole();
                if (subscript is null)
                    return null;
            }
        }

        if (ParseFunctionArgument() is not { } argument)
            return null;
        bool isInverse = exponent is { Kind: NodeKind.Number } && exponent.Value.Small == -1 && name is "sin" or "cos" or "tan";
        MathNode value = Function(isInverse ? "arc" + name : name, argument, subscript);
        return exponent is null || isInverse ? value : MathNode.Power(value, exponent);
    }

    private MathNode? ParseArgumentWhole()
    {
        if (Now.Kind != TokenKind.Number)
            return Depth(ParseAtom);
        return _tokens[_at++].Number;
    }

    private static MathNode Function(string name, MathNode argument, MathNode? subscript) => name switch
    {
        "log" when subscript is not null => MathNode.Quotient(MathNode.Call("ln", argument), MathNode.Call("ln", subscript)),
        "log" => MathNode.Call("log", argument),
        "lg" => MathNode.Quotient(MathNode.Call("ln", argument), MathNode.Call("ln", MathNode.Integer(10))),
        "exp" => MathNode.Power(new MathNode(NodeKind.Constant, "e"), argument),
        _ => MathNode.Call(name, argument),
    };

    /// <summary>Between brackets, or the factors that stand beside each other up to the next function.</summary>
    private MathNode? ParseFunctionArgument()
    {
        if (Now.IsSign("(") || Now.IsSign("[") || Now.IsSign("{") || Now.IsSign("|"))
            return Depth(ParseAtom);
        if (Now.IsSign("-"))
        {
            _at++;
            return ParseFunctionArgument() is { } positive ? MathNode.Negative(positive) : null;
        }

        List<MathNode> factors = [];
        while (factors.Count == 0 || (StartsAtom() && Now.Kind is TokenKind.Letter or TokenKind.Number or TokenKind.Command && !IsFunction(Now)))
        {
            if (ParsePower() is not { } factor)
                return null;
            factors.Add(factor);
        }

        // \ln 2 / 3 is (ln 2) / 3; a stroke between digits belongs to the argument nowhere.
        return MathNode.Product([.. factors]);
    }

    private static bool IsFunction(LatexToken token) =>
        token.Kind == TokenKind.Command && LatexWords.Functions.Contains(token.Text) && token.Text is not ("frac" or "sqrt" or "binom");

    /// <summary>\sum_{k=a}^{b} term: variable, first and last value, term.</summary>
    private MathNode? ParseSeries(string name)
    {
        if (!TakeSign("_") || !TakeSign("{") || ParseStatement() is not { Kind: NodeKind.Relation, Name: "=" } start || !TakeSign("}"))
            return null;
        if (!start.First.Is(NodeKind.Symbol) && !(start.First is { Kind: NodeKind.Constant, Name: "i" }))
            return null;
        if (!TakeSign("^") || ParseArgumentWhole() is not { } end || ParseProduct() is not { } term)
            return null;
        return start.Items.Count != 2 ? null : MathNode.Call(name, new MathNode(NodeKind.Symbol, start.First.Name), start.Items[1], end, term);
    }
}
