namespace RlmEngine.Grading.Latex;

/// <summary>Cuts an answer into tokens; gives up (null) on prose and on texts that are too long.</summary>
internal sealed class LatexLexer
{
    private const int MaxTokens = 4000;

    private readonly string _text;
    private readonly CommaReading _commas;
    private readonly List<LatexToken> _tokens = [];
    private int _at;
    private bool _hasSpace;
    private bool _isProse;
    private int _lastWordEnd = -1;
    private int _lastWordLength;

    private LatexLexer(string text, CommaReading commas) => (_text, _commas) = (text, commas);

    /// <summary>The tokens with <see cref="TokenKind.End"/> last, or null.</summary>
    /// <param name="text">Cleaned by <see cref="LatexCleaning"/>.</param>
    /// <param name="commas">How a comma between digits is read.</param>
    /// <param name="budget">A step for each token.</param>
    public static IReadOnlyList<LatexToken>? Tokens(string text, CommaReading commas, StepBudget budget)
    {
        var lexer = new LatexLexer(text, commas);
        while (lexer._at < text.Length)
        {
            if (!budget.Spend() || !lexer.Next() || lexer._isProse || lexer._tokens.Count > MaxTokens)
                return null;
        }

        lexer._tokens.Add(new LatexToken(TokenKind.End, "", true));
        return lexer._tokens;
    }

    private bool Next()
    {
        char c = _text[_at];
        if (char.IsWhiteSpace(c) || c is '~' or '$')
        {
            _hasSpace = true;
            _at++;
            return true;
        }

        if (char.IsAsciiDigit(c) || (c == '.' && _at + 1 < _text.Length && char.IsAsciiDigit(_text[_at + 1])))
            return NextNumber();
        if (char.IsAsciiLetter(c))
            return NextLetters();
        return c == '\\' ? NextCommand() : NextSign(c);
    }

    private bool NextNumber()
    {
        int end = NumberReading.Read(_text, _at, _commas, out Expressions.MathNode? number);
        if (number is null)
            return false;
        Add(TokenKind.Number, _text[_at..end], number);
        _at = end;
        return true;
    }

    private bool NextLetters()
    {
        int start = _at;
        while (_at < _text.Length && char.IsAsciiLetter(_text[_at]))
            _at++;
        string word = _text[start.._at];
        if (LatexWords.IsJoint(word) || word is "infty")
            Add(TokenKind.Command, word.ToLowerInvariant());
        else if (word is "pi" or "infinity" or "inf" or "oo" || LatexWords.Functions.Contains(word) || IsAlias(word))
            Add(TokenKind.Command, LatexWords.Same.GetValueOrDefault(word, word));
        else if (FunctionPrefix(word) is { } function)
        {
            Add(TokenKind.Command, function);
            AddLetters(word[function.Length..]);
        }
        else
        {
            AddWord(word, start);
        }

        return true;
    }

    private static bool IsAlias(string word) => word is "asin" or "acos" or "atan" or "union";

    private static string? FunctionPrefix(string word) =>
        word.Length is 3 or 4 && word[..^1] is "sin" or "cos" or "tan" or "log" or "ln" ? word[..^1] : null;

    private void AddWord(string word, int start)
    {
        bool isUnit = _tokens.Count > 0 && _tokens[^1].Kind == TokenKind.Number && (word.Length > 3 || LatexWords.ShortUnits.Contains(word));
        // Two words side by side make a sentence; two variables do not.
        if (_lastWordEnd >= 0 && start > _lastWordEnd && _text.AsSpan(_lastWordEnd, start - _lastWordEnd).IsWhiteSpace()
            && (word.Length > 1 || _lastWordLength > 1))
        {
            _isProse = true;
        }

        (_lastWordEnd, _lastWordLength) = (_at, word.Length);
        if (isUnit || word.Length > 3)
            Add(TokenKind.Word, word);
        else
            AddLetters(word);
    }

    private void AddLetters(string letters)
    {
        foreach (char letter in letters)
            Add(TokenKind.Letter, letter.ToString());
    }

    private bool NextSign(char c)
    {
        string two = _at + 1 < _text.Length ? _text.Substring(_at, 2) : "";
        bool isNotEqual = two == "!=" && (_at == 0 || char.IsWhiteSpace(_text[_at - 1]));
        (string? relation, int length) = two switch
        {
            "<=" or "=<" => ("<=", 2),
            ">=" => (">=", 2),
            "==" or ":=" => ("=", 2),
            "=>" => ("=>", 2),
            "->" => ("to", 2),
            _ when isNotEqual => ("!=", 2),
            _ when c is '=' or '<' or '>' => (c.ToString(), 1),
            _ => (null, 1),
        };
        if (relation is not null)
            Add(TokenKind.Relation, relation);
        else if (two == "**")
            (length, _) = (2, Add(TokenKind.Sign, "^"));
        else if (c is '.' or '?' or '\0')
            _hasSpace = AtSentenceEnd();
        else
            Add(TokenKind.Sign, c.ToString());
        _at += length;
        return true;
    }

    /// <summary>A full stop may only end an answer.</summary>
    private bool AtSentenceEnd()
    {
        ReadOnlySpan<char> rest = _text.AsSpan(_at + 1).Trim(" \t\r\n.$}]*");
        _isProse |= rest.Length > 0 && rest[0] != '\\';
        return true;
    }

    private bool NextCommand()
    {
        int start = ++_at;
        if (_at >= _text.Length)
            return true;
        while (_at < _text.Length && char.IsAsciiLetter(_text[_at]))
            _at++;
        string name = _at > start ? _text[start.._at] : _text[_at++].ToString();
        if (name.StartsWith("quad", StringComparison.Ordinal))
            (name, _at) = ("quad", start + 4);
        if (name is "begin" or "end")
            return NextEnvironment(name);
        if (LatexWords.Upright.Contains(name))
            return NextText();
        if (name == "mathbb" || name == "Bbb")
            return NextNamedSet();
        if (LatexWords.Discarded.Contains(name))
            return Argument() is not null;
        if (LatexWords.Invisible.Contains(name))
            SkipLook(name);
        else if (name == "not")
            Negate();
        else
            AddCommand(name is "langle" or "rangle" ? name : LatexWords.Same.GetValueOrDefault(name, name));
        return true;
    }

    private void SkipLook(string name)
    {
        _hasSpace = true;
        // \left. and \right. stand for no bracket at all.
        if (name is "left" or "right" or "middle" && _at < _text.Length && _text[_at] == '.')
            _at++;
    }

    private void Negate()
    {
        while (_at < _text.Length && _text[_at] == ' ')
            _at++;
        bool isIn = string.CompareOrdinal(_text, _at, "\\in", 0, 3) == 0;
        _at += isIn ? 3 : 1;
        Add(TokenKind.Relation, isIn ? "notin" : "!=");
    }

    private void AddCommand(string name)
    {
        if (LatexWords.Relations.TryGetValue(name, out string? relation))
            Add(TokenKind.Relation, relation);
        else if (LatexWords.Greek.Contains(name))
            Add(TokenKind.Letter, name);
        else if (name is "%" or "/" or "*" or "&" or "[" or "]" or "|" or "_" or "#")
            Add(TokenKind.Sign, name);
        else if (name is "vert" or "lvert" or "rvert" or "Vert" or "lVert" or "rVert")
            Add(TokenKind.Sign, "|");
        else if (name == "colon")
            Add(TokenKind.Sign, ":");
        else if (name is "langle" or "rangle")
            Add(TokenKind.Sign, LatexWords.Same[name]);
        else if (name is "(" or ")")
            _hasSpace = true;
        else
            Add(TokenKind.Command, name);
    }

    private bool NextEnvironment(string name)
    {
        if (Argument() is not { } environment)
            return false;
        if (environment == "array" && name == "begin" && Argument() is null)
            return false;
        if (environment is "align*" or "align" or "aligned" or "equation" or "equation*" or "gather" or "gather*" or "center")
            _hasSpace = true;
        else
            Add(name == "begin" ? TokenKind.Begin : TokenKind.EndEnvironment, environment);
        return true;
    }

    private bool NextText()
    {
        if (Argument() is not { } content)
            return false;
        string words = content.Replace('~', ' ').Replace("\\ ", " ", StringComparison.Ordinal).Replace("\\,", " ", StringComparison.Ordinal)
            .Replace("\\%", "%", StringComparison.Ordinal).Trim();
        // \text{(A)} and \text{A.} are the letter A.
        if (words.Length is 2 or 3 && words.Trim('(', ')', '.') is { Length: 1 } letter)
            words = letter;
        string name = LatexWords.Same.GetValueOrDefault(words, words);
        if (words.Length == 0)
            _hasSpace = true;
        else if (words.Length == 1 && char.IsAsciiLetter(words[0]))
            Add(_tokens.Count > 0 && _tokens[^1].Kind is TokenKind.Number ? TokenKind.Text : TokenKind.Letter, words);
        else if (LatexWords.Functions.Contains(name) && !words.Equals("min", StringComparison.Ordinal))
            Add(TokenKind.Command, name);
        else
            Add(TokenKind.Text, words);
        return true;
    }

    private bool NextNamedSet()
    {
        if (Argument() is not { } set)
            return false;
        Add(TokenKind.Command, "bb:" + set);
        return true;
    }

    /// <summary>The argument between braces, or the next character.</summary>
    private string? Argument()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\n' or '*')
            _at++;
        if (_at >= _text.Length)
            return null;
        if (_text[_at] != '{')
            return _text[_at++].ToString();
        int close = Extraction.Braces.Close(_text, _at);
        if (close < 0)
            return null;
        string content = _text[(_at + 1)..close];
        _at = close + 1;
        return content;
    }

    private bool Add(TokenKind kind, string text, Expressions.MathNode? number = null)
    {
        _tokens.Add(new LatexToken(kind, text, _hasSpace, number));
        _hasSpace = false;
        return true;
    }
}
