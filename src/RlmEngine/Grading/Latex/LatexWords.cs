namespace RlmEngine.Grading.Latex;

/// <summary>What the names of commands, and words in plain text, mean.</summary>
internal static class LatexWords
{
    /// <summary>Functions that are written as a command or as letters.</summary>
    public static readonly IReadOnlySet<string> Functions = new HashSet<string>(StringComparer.Ordinal)
    {
        "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "log", "ln", "lg", "exp", "sqrt",
        "max", "min", "gcd", "lcm", "det", "frac", "binom", "floor", "ceil", "abs",
    };

    /// <summary>Greek letters; pi is a number.</summary>
    public static readonly IReadOnlySet<string> Greek = new HashSet<string>(StringComparer.Ordinal)
    {
        "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa", "lambda", "mu", "nu",
        "xi", "rho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi",
        "Sigma", "Phi", "Psi", "Omega", "ell", "angle", "triangle", "hbar", "ldots", "dots", "cdots", "dotsc", "dotsb", "Re", "Im", "mho", "prime",
    };

    /// <summary>Commands that only change the look, or that stand for white space.</summary>
    public static readonly IReadOnlySet<string> Invisible = new HashSet<string>(StringComparer.Ordinal)
    {
        "left", "right", "middle", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "displaystyle", "textstyle",
        "scriptstyle", "rm", "bf", "it", "limits", "nolimits", "mathstrut", "strut", "mathbf", "boldsymbol", "mathit", "mathcal", "mathsf", "mathfrak",
        "bm", "vec", "overrightarrow", "hat", "widehat", "bar", "tilde", "overline", "underline", "boxed", "fbox", "quad", "qquad", "n", "t", "r",
        "space", "thinspace", "enspace", ",", "!", ";", ":", " ", "$", "\n", "/", "dot", "mathop", "mathord", "mathrel", "ensuremath", "therefore",
        "tiny", "scriptsize", "footnotesize", "small", "normalsize", "large", "Large", "LARGE", "huge", "Huge",
    };

    /// <summary>Commands whose argument is no part of the answer.</summary>
    public static readonly IReadOnlySet<string> Discarded = new HashSet<string>(StringComparer.Ordinal)
    {
        "color", "hspace", "vspace", "phantom", "hphantom", "vphantom", "label", "tag", "textcolor", "fontsize",
    };

    /// <summary>Commands whose argument is words.</summary>
    public static readonly IReadOnlySet<string> Upright = new HashSet<string>(StringComparer.Ordinal)
    {
        "text", "textbf", "textit", "textrm", "textsf", "texttt", "textnormal", "mbox", "hbox", "mathrm", "operatorname", "emph", "mathtt",
    };

    /// <summary>One name for commands that mean the same.</summary>
    public static readonly IReadOnlyDictionary<string, string> Same = new (string Name, string Same)[]
    {
        ("dfrac", "frac"), ("tfrac", "frac"), ("cfrac", "frac"), ("dbinom", "binom"), ("tbinom", "binom"), ("infin", "infty"),
        ("infinity", "infty"), ("inf", "infty"), ("oo", "infty"), ("asin", "arcsin"), ("acos", "arccos"), ("atan", "arctan"),
        ("tg", "tan"), ("ctg", "cot"), ("cosec", "csc"), ("lbrack", "["), ("rbrack", "]"), ("langle", "("), ("rangle", ")"), ("lbrace", "{"), ("rbrace", "}"),
        ("varnothing", "emptyset"), ("degree", "circ"), ("bigcup", "cup"), ("bigcap", "cap"), ("backslash", "setminus"), ("div", "/"),
        ("ast", "*"), ("star", "*"), ("union", "cup"), ("land", "and"), ("wedge", "and"), ("lor", "or"), ("vee", "or"),
    }.ToDictionary(pair => pair.Name, pair => pair.Same, StringComparer.Ordinal);

    /// <summary>Relations, one way to write each.</summary>
    public static readonly IReadOnlyDictionary<string, string> Relations = new (string Name, string Same)[]
    {
        ("le", "<="), ("leq", "<="), ("leqslant", "<="), ("leqq", "<="), ("ge", ">="), ("geq", ">="), ("geqslant", ">="), ("geqq", ">="),
        ("lt", "<"), ("gt", ">"), ("ne", "!="), ("neq", "!="), ("approx", "~"), ("simeq", "~"), ("doteq", "~"), ("sim", "~"),
        ("thickapprox", "~"), ("cong", "~"), ("equiv", "=="), ("in", "in"), ("notin", "notin"), ("subset", "subset"), ("subseteq", "subset"),
        ("to", "to"), ("rightarrow", "to"), ("mapsto", "to"), ("Rightarrow", "=>"), ("implies", "=>"), ("Longrightarrow", "=>"),
        ("longrightarrow", "to"), ("iff", "=>"), ("Leftrightarrow", "=>"), ("mid", "|"), ("nmid", "nmid"), ("perp", "perp"), ("parallel", "parallel"),
    }.ToDictionary(pair => pair.Name, pair => pair.Same, StringComparer.Ordinal);

    /// <summary>Short units; longer words after a number are units without being listed.</summary>
    public static readonly IReadOnlySet<string> ShortUnits = new HashSet<string>(StringComparer.Ordinal)
    {
        "cm", "mm", "km", "dm", "nm", "ft", "in", "yd", "mi", "kg", "mg", "lb", "lbs", "oz", "ml", "mL", "cc", "hr", "hrs", "min", "sec", "mph",
        "kph", "MB", "GB", "KB", "kB", "Hz", "kHz", "MHz", "kW", "kJ", "mol", "pct", "deg", "rad", "day", "yr", "yrs", "am", "pm", "AM", "PM",
        "men", "way", "ways", "cal", "th", "st", "nd", "rd", "Rs", "USD", "sq", "cu", "pts", "mins", "secs", "cup", "cups", "egg",
    };

    private static readonly string[] s_numbers =
    [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    ];

    /// <summary>The number that a word names, or null.</summary>
    public static int? Number(string word)
    {
        int at = Array.FindIndex(s_numbers, number => number.Equals(word, StringComparison.OrdinalIgnoreCase));
        return at < 0 ? null : at;
    }

    /// <summary>Words and commands between answers that stand side by side.</summary>
    public static bool IsJoint(string word) => word is "and" or "or" or "&" or "And" or "Or" or "AND" or "OR";
}
