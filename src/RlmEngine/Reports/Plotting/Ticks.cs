using System.Globalization;

namespace RlmEngine.Reports.Plotting;

/// <summary>Places and labels of an axis' ticks: multiples of 1, 2 or 5 times a power of ten.</summary>
public static class Ticks
{
    /// <summary>The smallest step of the form {1, 2, 5} · 10^k that cuts a span into at most <paramref name="count"/> parts.</summary>
    /// <param name="span">Length of the axis, finite and above 0.</param>
    /// <param name="count">Parts at most, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The span is not finite and positive, or the count is below 1.</exception>
    public static double Step(double span, int count)
    {
        if (!double.IsFinite(span) || span <= 0)
            throw new ArgumentOutOfRangeException(nameof(span), span, "A span is finite and above 0.");
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        double least = span / count;
        double power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        double factor = (least / power) switch
        {
            <= 1 + 1e-9 => 1,
            <= 2 + 1e-9 => 2,
            <= 5 + 1e-9 => 5,
            _ => 10,
        };
        return factor * power;
    }

    /// <summary>The multiples of a step from low to high, both included.</summary>
    public static double[] Between(double low, double high, double step)
    {
        double first = Math.Ceiling((low / step) - 1e-6);
        double last = Math.Floor((high / step) + 1e-6);
        var ticks = new List<double>();
        for (double multiple = first; multiple <= last && ticks.Count <= 1000; multiple++)
            ticks.Add(Round(multiple * step, step));
        return [.. ticks];
    }

    /// <summary>A tick's label in the unit of the axis' largest tick and with the digits its step needs: 0.25, 12k, 1.5M, 3e-4.</summary>
    /// <param name="value">The tick.</param>
    /// <param name="step">Distance of the ticks.</param>
    /// <param name="largest">Largest magnitude of a tick, which gives all of them one unit.</param>
    public static string Label(double value, double step, double largest)
    {
        if (value == 0)
            return "0";
        if (largest is >= 1e15 or < 1e-3)
            return value.ToString("0.##e0", CultureInfo.InvariantCulture);
        (double unit, string suffix) = Unit(largest);
        return (value / unit).ToString("F" + Decimals(step / unit), CultureInfo.InvariantCulture) + suffix;
    }

    /// <summary>A value to four significant digits, for read-outs.</summary>
    public static string Value(double value)
    {
        double size = Math.Abs(value);
        if (!double.IsFinite(value) || value == 0)
            return value.ToString(CultureInfo.InvariantCulture);
        if (size is < 1e-3 or >= 1e15)
            return value.ToString("0.###e0", CultureInfo.InvariantCulture);
        (double unit, string suffix) = Unit(size);
        int decimals = Math.Clamp(3 - (int)Math.Floor(Math.Log10(size / unit)), 0, 6);
        return Math.Round(value / unit, decimals).ToString("0.######", CultureInfo.InvariantCulture) + suffix;
    }

    private static (double Unit, string Suffix) Unit(double size) => size switch
    {
        >= 1e12 => (1e12, "T"),
        >= 1e9 => (1e9, "G"),
        >= 1e6 => (1e6, "M"),
        >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };

    private static int Decimals(double step) => Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 9);

    private static double Round(double value, double step)
    {
        int decimals = (int)Math.Ceiling(-Math.Log10(step) - 1e-9);
        return decimals is >= 0 and <= 15 ? Math.Round(value, decimals) + 0.0 : value + 0.0;
    }
}
