using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Latex;

/// <summary>What a token is.</summary>
internal enum TokenKind
{
    /// <summary>The end of the text.</summary>
    End,

    /// <summary>A number in digits.</summary>
    Number,

    /// <summary>One letter, Latin or Greek; a Greek one by its command's name.</summary>
    Letter,

    /// <summary>Four or more letters in a row, or a unit.</summary>
    Word,

    /// <summary>The content of <c>\text{…}</c> and the like.</summary>
    Text,

    /// <summary>A command, or the name of a function.</summary>
    Command,

    /// <summary>A sign: + - * / ^ _ ( ) [ ] { } | , ; ' ! % and so on.</summary>
    Sign,

    /// <summary>A relation, one way to write each: = &lt; &gt; &lt;= &gt;= != ~ and so on.</summary>
    Relation,

    /// <summary>The beginning of an environment.</summary>
    Begin,

    /// <summary>The end of an environment.</summary>
    EndEnvironment,
}

/// <summary>A token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text, in one way of writing it.</param>
/// <param name="HasSpace">White space stands before it.</param>
/// <param name="Number">The number that it is; null for others.</param>
internal readonly record struct LatexToken(TokenKind Kind, string Text, bool HasSpace, MathNode? Number = null)
{
    /// <summary>The token is this sign.</summary>
    public bool IsSign(string sign) => Kind == TokenKind.Sign && Text == sign;

    /// <summary>The token is this command.</summary>
    public bool IsCommand(string command) => Kind == TokenKind.Command && Text == command;
}
