using System.Numerics;

namespace RlmEngine.Grading.Expressions;

/// <summary>
/// An exact fraction of bounded size. Small ones are reduced; large ones are not, because a greatest common divisor costs more than the
/// comparison by cross multiplication that it would save.
/// </summary>
internal readonly struct Rational
{
    /// <summary>Largest size of numerator and denominator together; 2013^4025 has 44,173 bits.</summary>
    public const int MaxBits = 60_000;

    private const int ReducedBits = 2048;

    private readonly BigInteger _denominatorMinusOne;

    /// <summary>The fraction of two integers; the denominator is not zero.</summary>
    public Rational(BigInteger numerator, BigInteger denominator)
    {
        if (denominator.Sign < 0)
            (numerator, denominator) = (-numerator, -denominator);
        if (!denominator.IsOne && Bits(numerator) + Bits(denominator) <= ReducedBits)
        {
            var divisor = BigInteger.GreatestCommonDivisor(numerator, denominator);
            if (!divisor.IsOne)
                (numerator, denominator) = (numerator / divisor, denominator / divisor);
        }

        Numerator = numerator;
        _denominatorMinusOne = denominator - 1;
    }

    /// <summary>An integer.</summary>
    public Rational(BigInteger value)
        : this(value, BigInteger.One)
    {
    }

    /// <summary>Zero.</summary>
    public static Rational Zero => default;

    /// <summary>One.</summary>
    public static Rational One => new(BigInteger.One);

    /// <summary>Above the line; carries the sign.</summary>
    public BigInteger Numerator { get; }

    /// <summary>Below the line; positive.</summary>
    public BigInteger Denominator => _denominatorMinusOne + 1;

    /// <summary>Bits of numerator and denominator.</summary>
    public long Size => Bits(Numerator) + Bits(_denominatorMinusOne);

    /// <summary>-1, 0 or 1.</summary>
    public int Sign => Numerator.Sign;

    /// <summary>The integer that this is, or null.</summary>
    public BigInteger? Integer
    {
        get
        {
            if (_denominatorMinusOne.IsZero)
                return Numerator;
            var whole = BigInteger.DivRem(Numerator, Denominator, out BigInteger rest);
            return rest.IsZero ? whole : null;
        }
    }

    /// <summary>The integer that this is where it fits, or null.</summary>
    public int? Small => Integer is { } integer && BigInteger.Abs(integer) <= int.MaxValue ? (int)integer : null;

    /// <summary>The nearest double, nearly; infinite or zero beyond its range.</summary>
    public double ToDouble()
    {
        BigInteger denominator = Denominator;
        long shift = Bits(denominator) - Bits(Numerator) + 64;
        BigInteger quotient = shift >= 0 ? (Numerator << (int)shift) / denominator : Numerator / (denominator << (int)-shift);
        return Math.ScaleB((double)quotient, (int)Math.Clamp(-shift, -100_000, 100_000));
    }

    /// <summary>Sum.</summary>
    public static Rational operator +(Rational a, Rational b) =>
        new((a.Numerator * b.Denominator) + (b.Numerator * a.Denominator), a.Denominator * b.Denominator);

    /// <summary>Difference.</summary>
    public static Rational operator -(Rational a, Rational b) => a + -b;

    /// <summary>The opposite.</summary>
    public static Rational operator -(Rational a) => new(-a.Numerator, a.Denominator);

    /// <summary>Product.</summary>
    public static Rational operator *(Rational a, Rational b) => new(a.Numerator * b.Numerator, a.Denominator * b.Denominator);

    /// <summary>Quotient; the divisor is not zero.</summary>
    public static Rational operator /(Rational a, Rational b) => new(a.Numerator * b.Denominator, a.Denominator * b.Numerator);

    /// <summary>Power with an exponent that is not negative.</summary>
    public Rational Pow(int exponent) => new(BigInteger.Pow(Numerator, exponent), BigInteger.Pow(Denominator, exponent));

    /// <summary>-1, 0 or 1 as a is less than, equal to or greater than b.</summary>
    public static int Compare(Rational a, Rational b) => (a.Numerator * b.Denominator).CompareTo(b.Numerator * a.Denominator);

    /// <summary>Largest integer not above this.</summary>
    public BigInteger Floor()
    {
        var whole = BigInteger.DivRem(Numerator, Denominator, out BigInteger rest);
        return rest.Sign < 0 ? whole - 1 : whole;
    }

    /// <summary>The real root of a degree from 2 on when it is rational, or null; even roots of negative numbers are none.</summary>
    public Rational? Root(int degree)
    {
        if (Size > ReducedBits || (Sign < 0 && degree % 2 == 0))
            return null;
        return Root(BigInteger.Abs(Numerator), degree) is { } above && Root(Denominator, degree) is { } below
            ? new Rational(Sign < 0 ? -above : above, below)
            : null;
    }

    private static BigInteger? Root(BigInteger value, int degree)
    {
        if (value <= BigInteger.One)
            return value;
        if (degree >= Bits(value))
            return null;
        // Newton's iteration from above decreases to the root's integer part.
        BigInteger root = BigInteger.One << (int)((Bits(value) / degree) + 1);
        while (true)
        {
            BigInteger next = (((degree - 1) * root) + (value / BigInteger.Pow(root, degree - 1))) / degree;
            if (next >= root)
                break;
            root = next;
        }

        return BigInteger.Pow(root, degree) == value ? root : null;
    }

    /// <summary>Bits of the magnitude.</summary>
    public static long Bits(BigInteger value) => BigInteger.Abs(value).GetBitLength();
}
