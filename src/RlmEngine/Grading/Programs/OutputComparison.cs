using System.Globalization;

namespace RlmEngine.Grading.Programs;

/// <summary>Compares what a program wrote with what it should have written, as APPS and LiveCodeBench do.</summary>
public static class OutputComparison
{
    /// <summary>
    /// Whether two outputs are the same: line by line, without white space around lines and without empty lines at both ends. Lines differ at
    /// most in the white space between their words and in numbers of which one has a fraction or an exponent: |a − b| ≤ 1e-8 + tolerance·|b|.
    /// Whole numbers must be equal in every digit.
    /// </summary>
    /// <param name="expected">What should have been written; b.</param>
    /// <param name="actual">What was written; a.</param>
    /// <param name="tolerance">Relative; APPS has 1e-5.</param>
    public static bool AreEqual(string expected, string actual, double tolerance = 1e-5)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        ArgumentOutOfRangeException.ThrowIfNegative(tolerance);
        string[] wanted = Lines(expected), written = Lines(actual);
        return wanted.Length == written.Length && wanted.Zip(written).All(pair => AreLinesEqual(pair.First, pair.Second, tolerance));
    }

    private static string[] Lines(string text)
    {
        string trimmed = text.Trim();
        return trimmed.Length == 0 ? [] : [.. trimmed.Split('\n').Select(line => line.Trim())];
    }

    private static bool AreLinesEqual(string expected, string actual, double tolerance)
    {
        if (expected == actual)
            return true;
        string[] wanted = Words(expected), written = Words(actual);
        return wanted.Length == written.Length && wanted.Zip(written).All(pair => AreWordsEqual(pair.First, pair.Second, tolerance));
    }

    private static string[] Words(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static bool AreWordsEqual(string expected, string actual, double tolerance)
    {
        if (expected == actual)
            return true;
        if (IsWhole(expected) && IsWhole(actual))
            return false;
        return IsNumber(expected, out double wanted) && IsNumber(actual, out double written)
               && Math.Abs(written - wanted) <= 1e-8 + tolerance * Math.Abs(wanted);
    }

    private static bool IsWhole(string word) => word.AsSpan(word.StartsWith('-') ? 1 : 0) is { Length: > 0 } digits && !digits.ContainsAnyExceptInRange('0', '9');

    private static bool IsNumber(string word, out double value)
        => double.TryParse(word, NumberStyles.Float & ~NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}
