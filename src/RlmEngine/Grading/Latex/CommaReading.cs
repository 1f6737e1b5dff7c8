namespace RlmEngine.Grading.Latex;

/// <summary>How a comma between digits is read.</summary>
internal enum CommaReading
{
    /// <summary>It separates answers: 1,2.</summary>
    Separator,

    /// <summary>It groups thousands wherever all groups have three digits: 1,234,567.</summary>
    Thousands,

    /// <summary>It is a decimal point: 2,74.</summary>
    Point,
}
