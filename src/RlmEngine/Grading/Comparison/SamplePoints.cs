using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Comparison;

/// <summary>Points at which expressions in variables are compared; the same on every run.</summary>
internal static class SamplePoints
{
    private const int Whole = 8;

    private const int Fractions = 4;

    /// <summary>Whole points of different parity, and unless only these make sense, positive and negative fractions.</summary>
    public static IEnumerable<Dictionary<string, Rational>> Of(List<string> symbols, bool isWhole)
    {
        string[] names = [.. symbols.Order(StringComparer.Ordinal)];
        uint state = 0x9E3779B9;
        for (int i = 0; i < (isWhole ? Whole : NeededWhole); i++)
            yield return names.ToDictionary(name => name, name => new Rational(2 + (Next(ref state) % (i < 4 ? 11u : 29u))));
        for (int i = 0; i < Fractions && !isWhole; i++)
        {
            bool mayBeNegative = i % 2 == 1;
            yield return names.ToDictionary(name => name, name =>
            {
                var value = new Rational(1 + (Next(ref state) % 40), 7 + (Next(ref state) % 13));
                return mayBeNegative && Next(ref state) % 2 == 0 ? -value : value;
            });
        }
    }

    private const int NeededWhole = 3;

    private static uint Next(ref uint state)
    {
        state = (state * 1664525) + 1013904223;
        uint mixed = state ^ (state >> 15);
        return (mixed * 2246822519) >> 8;
    }
}
