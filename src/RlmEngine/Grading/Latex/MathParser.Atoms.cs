using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Latex;

/// <content>Atoms: numbers, variables, commands, brackets.</content>
internal sealed partial class MathParser
{
    private static readonly HashSet<string> AtomCommands = new(StringComparer.Ordinal)
    {
        "frac", "binom", "sqrt", "log", "ln", "lg", "exp", "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh",
        "tanh", "max", "min", "gcd", "lcm", "det", "lfloor", "lceil", "{", "|", "infty", "emptyset", "pi", "sum", "prod", "floor", "ceil", "abs", "deg",
    };

    /// <summary>Letters that before a bracket are a function whatever the bracket holds.</summary>
    private static readonly HashSet<string> FunctionLetters = new(StringComparer.Ordinal) { "f", "g", "F", "G", "phi", "varphi", "psi", "Gamma" };

    /// <summary>Letters that before a bracket with one letter or number are a function.</summary>
    private static readonly HashSet<string> PossibleFunctionLetters = new(StringComparer.Ordinal) { "h", "p", "q", "u", "P", "Q", "R", "T", "N", "V", "A", "S" };

    private MathNode? ParseAtom()
    {
        LatexToken token = Now;
        switch (token.Kind)
        {
            case TokenKind.Number:
                _at++;
                return token.Number;
            case TokenKind.Letter:
                _at++;
                return ParseLetter(token.Text);
            case TokenKind.Word:
                _at++;
                return LatexWords.Number(token.Text) is { } number ? MathNode.Integer(number) : new MathNode(NodeKind.Text, token.Text);
            case TokenKind.Text:
                return ParseText();
            case TokenKind.Begin:
                return ParseEnvironment();
            case TokenKind.Command:
                return ParseCommand();
            case TokenKind.Sign:
                _at++;
                return ParseBracketed(token.Text);
            default:
                return null;
        }
    }

    private MathNode? ParseBracketed(string open) => open switch
    {
        "(" or "[" => ParseBracket(open),
        "]" when _at == 1 => ParseBracket("("),
        "{" => ParseBraces(),
        "|" => ParseBars(),
        _ => null,
    };

    private MathNode? ParseLetter(string letter)
    {
        string name = letter;
        while (TakeSign("'"))
            name += "'";
        if (Now.IsSign("_"))
        {
            _at++;
            if (ParseSubscript() is not { } subscript)
                return null;
            name += "_" + subscript;
        }

        bool isFunction = Now.IsSign("(") && (FunctionLetters.Contains(letter) || (PossibleFunctionLetters.Contains(letter) && HasOneAtom()));
        if (!isFunction)
            return name is "e" or "i" ? new MathNode(NodeKind.Constant, name) : new MathNode(NodeKind.Symbol, name);
        _at++;
        List<MathNode>? arguments = ParseItems(out string close);
        return arguments is null || close != ")" ? null : new MathNode(NodeKind.Apply, name, [.. arguments]);
    }

    private bool HasOneAtom() => Ahead.Kind is TokenKind.Letter or TokenKind.Number && _at + 2 < _tokens.Length && _tokens[_at + 2].IsSign(")");

    /// <summary>Words: mathematics inside them is parsed, words before a number are skipped, other words are a text.</summary>
    private MathNode? ParseText()
    {
        string text = _tokens[_at++].Text;
        bool hasWord = false;
        for (int i = 0; i + 1 < text.Length; i++)
            hasWord |= char.IsLetter(text[i]) && char.IsLetter(text[i + 1]);
        if (!hasWord && text.Any(char.IsAsciiDigit))
            return Parse(text, CommaReading.Thousands, _budget, _depth);
        if (LatexWords.Number(text) is { } number)
            return MathNode.Integer(number);
        return Now.Kind == TokenKind.Number ? ParsePower() : new MathNode(NodeKind.Text, text);
    }

    private MathNode? ParseBracket(string open)
    {
        int bars = _bars;
        _bars = 0;
        List<MathNode>? items = ParseItems(out string close);
        _bars = bars;
        if (items is null || close.Length == 0)
            return null;
        if (items.Count == 1)
            return (open, close) is ("(", ")") or ("[", "]") ? items[0] : null;
        return new MathNode(NodeKind.Bracket, open + close, [.. items]);
    }

    private List<MathNode>? ParseItems(out string close)
    {
        List<MathNode> items = [];
        close = "";
        do
        {
            if (ParseStatement() is not { } item)
                return null;
            items.Add(item);
        }
        while (TakeSign(",") || TakeSign(";") || TakeJoint());
        if (TakeSign(")"))
            close = ")";
        else if (TakeSign("]"))
            close = "]";
        else if (Now.IsSign("[") && Ahead.Kind == TokenKind.End)
            (close, _at) = (")", _at + 1);
        return items;
    }

    private MathNode? ParseBraces()
    {
        int bars = _bars;
        _bars = 0;
        MathNode? content = ParseList();
        _bars = bars;
        if (content is not null && (Now.IsCommand("choose") || Now.IsCommand("over")))
        {
            bool isChoice = _tokens[_at++].Text == "choose";
            MathNode? below = ParseList();
            content = below is null ? null : isChoice ? MathNode.Call("binom", content, below) : MathNode.Quotient(content, below);
        }

        return TakeSign("}") ? content : null;
    }

    private MathNode? ParseBars()
    {
        _bars++;
        MathNode? content = ParseSum();
        _bars--;
        if (content is null || !TakeSign("|"))
            return null;
        return content.Is(NodeKind.Matrix) ? MathNode.Call("det", content) : MathNode.Call("abs", content);
    }

    private MathNode? ParseSet()
    {
        if (TakeCommand("}"))
            return new MathNode(NodeKind.NamedSet, "empty");
        int start = _at, depth = _depth;
        if (_bars == 0 && ParseSolutions() is { } solutions)
            return solutions;
        (_at, _depth) = (start, depth);
        List<MathNode> items = [];
        do
        {
            if (ParseStatement() is not { } item)
                return null;
            items.Add(item);
        }
        while (TakeJoint() || TakeSign(";"));
        return TakeCommand("}") ? new MathNode(NodeKind.Set, "", [.. items]) : null;
    }

    /// <summary>{x | x &gt; 2}, {x ∈ ℝ : x &gt; 2}: what stands behind the mark is what the set says of x; null for another set.</summary>
    private MathNode? ParseSolutions()
    {
        if (Now.Kind != TokenKind.Letter)
            return null;
        string name = _tokens[_at++].Text;
        if (Now.Kind == TokenKind.Relation && Now.Text == "in")
        {
            if (!Ahead.IsCommand("bb:R"))
                return null;
            _at += 2;
        }

        bool isMark = TakeSign("|") || TakeSign(":") || (Now is { Kind: TokenKind.Relation, Text: "|" } && _at++ >= 0);
        if (!isMark || ParseStatement() is not { Kind: NodeKind.Relation } condition || !TakeCommand("}"))
            return null;
        return condition.Any(node => node.Is(NodeKind.Symbol) && node.Name == name) ? condition : null;
    }

    private MathNode? ParseEnvironment()
    {
        string name = _tokens[_at++].Text;
        List<MathNode> rows = [];
        List<MathNode> row = [];
        while (Now.Kind != TokenKind.EndEnvironment)
        {
            if (TakeCommand("\\") || TakeCommand("cr"))
            {
                AddRow(rows, row);
                row = [];
                continue;
            }

            if (TakeSign("&") || TakeCommand("hline"))
                continue;
            if (ParseStatement() is not { } cell)
                return null;
            row.Add(cell);
            if (name is "cases")
                TakeJoint();
        }

        _at++;
        AddRow(rows, row);
        if (rows.Count == 0)
            return null;
        if (name is "cases" or "split")
            return MathNode.List([.. rows.SelectMany(cells => cells.Items)]);
        if (rows.Any(cells => cells.Items.Count != rows[0].Items.Count))
            return null;
        var matrix = new MathNode(NodeKind.Matrix, "", [.. rows]);
        return name is "vmatrix" or "Vmatrix" ? MathNode.Call("det", matrix) : matrix;
    }

    private static void AddRow(List<MathNode> rows, List<MathNode> row)
    {
        if (row.Count > 0)
            rows.Add(new MathNode(NodeKind.Matrix, "", [.. row]));
    }
}
