namespace RlmEngine.Grading.Expressions;

/// <summary>What a node of an answer's tree is.</summary>
internal enum NodeKind
{
    /// <summary>A number that is written in digits.</summary>
    Number,

    /// <summary>A variable or an unknown sign; its name with subscripts.</summary>
    Symbol,

    /// <summary>A named number: pi, e, i, infinity.</summary>
    Constant,

    /// <summary>Words.</summary>
    Text,

    /// <summary>Terms that are added.</summary>
    Sum,

    /// <summary>Factors that are multiplied.</summary>
    Product,

    /// <summary>Two items, divided.</summary>
    Quotient,

    /// <summary>Two items: base and exponent.</summary>
    Power,

    /// <summary>A known function: its name, its arguments.</summary>
    Call,

    /// <summary>An unknown function: its name, its arguments.</summary>
    Apply,

    /// <summary>A tuple or an interval: the name is its two brackets.</summary>
    Bracket,

    /// <summary>Elements between braces.</summary>
    Set,

    /// <summary>Answers side by side, separated by commas, "and", "or".</summary>
    List,

    /// <summary>Rows, each a node of this kind that holds the entries.</summary>
    Matrix,

    /// <summary>Terms joined by the relations in the name, which spaces separate.</summary>
    Relation,

    /// <summary>Union, intersection or difference, by name.</summary>
    SetOperation,

    /// <summary>A set with a name of its own: R, Z, N, Q, C, empty.</summary>
    NamedSet,

    /// <summary>One item for the two values with + and −; the name is + or - for the first sign.</summary>
    PlusMinus,

    /// <summary>One item, in hundredths.</summary>
    Percent,

    /// <summary>One item, in degrees.</summary>
    Degree,

    /// <summary>One item with the unit in the name.</summary>
    Unit,

    /// <summary>Numbers that stand in a ratio, a : b.</summary>
    Ratio,

    /// <summary>Digits in the name, written in the base that is the item.</summary>
    Based,
}
