namespace RlmEngine.Experiments.Statistics;

/// <summary>The least-squares line y = Intercept + Slope·x, and the share of the variance of y it explains.</summary>
/// <param name="Intercept">Value at x = 0.</param>
/// <param name="Slope">Σ(x − x̄)(y − ȳ) / Σ(x − x̄)².</param>
/// <param name="RSquared">Square of the correlation, in [0, 1]; 1 where y does not vary.</param>
/// <param name="Count">Points.</param>
public readonly record struct LineFit(double Intercept, double Slope, double RSquared, int Count)
{
    /// <summary>R² with the slope's sign.</summary>
    public double SignedRSquared => Slope < 0 ? -RSquared : RSquared;

    /// <summary>Fits a line; all NaN for fewer than two different x.</summary>
    /// <param name="points">Points; those that are not finite are left out.</param>
    public static LineFit Of(IEnumerable<(double X, double Y)> points)
    {
        (double X, double Y)[] finite = [.. points.Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y))];
        if (finite.Length == 0)
            return new LineFit(double.NaN, double.NaN, double.NaN, 0);
        double meanX = finite.Average(point => point.X);
        double meanY = finite.Average(point => point.Y);
        double varianceX = finite.Sum(point => (point.X - meanX) * (point.X - meanX));
        double varianceY = finite.Sum(point => (point.Y - meanY) * (point.Y - meanY));
        double covariance = finite.Sum(point => (point.X - meanX) * (point.Y - meanY));
        if (varianceX == 0)
            return new LineFit(double.NaN, double.NaN, double.NaN, finite.Length);
        double slope = covariance / varianceX;
        double explained = varianceY == 0 ? 1 : Math.Min(1, covariance * covariance / (varianceX * varianceY));
        return new LineFit(meanY - (slope * meanX), slope, explained, finite.Length);
    }
}
