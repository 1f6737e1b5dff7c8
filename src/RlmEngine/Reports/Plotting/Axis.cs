namespace RlmEngine.Reports.Plotting;

/// <summary>A linear scale over a closed range that is never empty, with its ticks.</summary>
public sealed class Axis
{
    private const double Largest = 1e300;

    private Axis(double low, double high, double step)
    {
        (Low, High, Step) = (low, high, step);
        Ticks = Plotting.Ticks.Between(low, high, step);
    }

    /// <summary>Where the axis begins.</summary>
    public double Low { get; }

    /// <summary>Where the axis ends, above Low.</summary>
    public double High { get; }

    /// <summary>Distance of the ticks.</summary>
    public double Step { get; }

    /// <summary>The ticks inside the range, ascending.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>The ticks' labels.</summary>
    public IEnumerable<string> Labels
    {
        get
        {
            double largest = Ticks.Select(Math.Abs).DefaultIfEmpty(0).Max();
            return Ticks.Select(tick => Plotting.Ticks.Label(tick, Step, largest));
        }
    }

    /// <summary>Where a value stands: 0 at Low, 1 at High; outside for values outside.</summary>
    public double Share(double value) => ((value / 2) - (Low / 2)) / ((High / 2) - (Low / 2));

    /// <summary>An axis that ends on ticks and holds all finite values; 0 … 1 when there is none.</summary>
    /// <param name="values">The values; NaN and infinities are passed over.</param>
    /// <param name="includesZero">True when 0 must lie on the axis.</param>
    /// <param name="count">About how many ticks.</param>
    public static Axis Rounded(IEnumerable<double> values, bool includesZero, int count = 5)
    {
        (double low, double high) = Range(values, includesZero);
        double step = Plotting.Ticks.Step(high - low, count);
        return new Axis(Math.Floor((low / step) + 1e-6) * step, Math.Ceiling((high / step) - 1e-6) * step, step);
    }

    /// <summary>An axis from the smallest finite value to the largest; 0 … 1 when there is none.</summary>
    public static Axis Tight(IEnumerable<double> values, int count = 6)
    {
        (double low, double high) = Range(values, includesZero: false);
        return new Axis(low, high, Plotting.Ticks.Step(high - low, count));
    }

    private static (double Low, double High) Range(IEnumerable<double> values, bool includesZero)
    {
        (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values.Where(double.IsFinite).Select(value => Math.Clamp(value, -Largest, Largest)))
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        if (low > high)
            return (0, 1);
        if (includesZero)
            (low, high) = (Math.Min(low, 0), Math.Max(high, 0));
        double size = Math.Max(Math.Abs(low), Math.Abs(high));
        if (high - low > size * 1e-9)
            return (low, high);
        // One value only: give it room on both sides, so that the line lies in the middle.
        return size < 1e-300 ? (0, 1) : (low - (size * 0.1), high + (size * 0.1));
    }
}
