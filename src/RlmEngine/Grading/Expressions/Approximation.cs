using System.Numerics;

namespace RlmEngine.Grading.Expressions;

/// <summary>A value in double precision with the size of the terms that made it.</summary>
/// <param name="Value">The value; NaN where it is unknown.</param>
/// <param name="Scale">The largest magnitude that was added up on the way: where it is far above the value's, digits have cancelled.</param>
internal readonly record struct Approximation(Complex Value, double Scale)
{
    /// <summary>Nothing is known of the value.</summary>
    public static Approximation Unknown { get; } = new(new Complex(double.NaN, double.NaN), double.NaN);

    /// <summary>The value is a number.</summary>
    public bool IsKnown => Complex.IsFinite(Value) && double.IsFinite(Scale);

    /// <summary>The imaginary part is nothing but rounding.</summary>
    public bool IsReal => Math.Abs(Value.Imaginary) <= 1e-12 * Math.Max(Scale, Value.Magnitude);

    /// <summary>Fewer than about nine digits are left.</summary>
    public bool HasCancelled => Value.Magnitude < 1e-6 * Scale;

    /// <summary>A value without history.</summary>
    public static Approximation Of(Complex value) => new(value, value.Magnitude);
}
