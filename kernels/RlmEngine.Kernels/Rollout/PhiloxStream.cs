namespace RlmEngine.Kernels.Rollout;

/// <summary>Random numbers one after another from one named counter, whose position advances by one for every 128 bits.</summary>
/// <remarks>
/// A value type: a copy repeats the numbers of its original. Two streams whose counters differ in any word but the position never
/// meet; two that differ in position alone overlap after as many blocks as the positions are apart.
/// </remarks>
/// <param name="seed">The run's seed.</param>
/// <param name="counter">Where the stream begins.</param>
public struct PhiloxStream(ulong seed, PhiloxCounter counter)
{
    private readonly ulong _seed = seed;
    private PhiloxBlock _block;
    private int _unused;
    private bool _isExhausted;
    private double _spareNormal;
    private bool _hasSpareNormal;

    /// <summary>The counter of the next block.</summary>
    public PhiloxCounter Counter { get; private set; } = counter;

    /// <summary>Draws 32 bits.</summary>
    /// <returns>A uniform integer in [0, 2³²).</returns>
    /// <exception cref="InvalidOperationException">The position has run through all of its 2³² values.</exception>
    public uint NextUInt()
    {
        if (_unused == 0) Advance();
        uint word = _unused switch
        {
            4 => _block.Word0,
            3 => _block.Word1,
            2 => _block.Word2,
            _ => _block.Word3,
        };
        _unused--;
        return word;
    }

    /// <summary>Draws a uniform number in the open interval (0, 1).</summary>
    /// <returns>An odd multiple of 2⁻⁵³.</returns>
    public double NextDouble()
    {
        uint high = NextUInt();
        return Philox.Uniform(high, NextUInt());
    }

    /// <summary>Draws an integer in [0, bound), every one exactly as likely (Lemire's multiply-and-reject).</summary>
    /// <param name="bound">Number of outcomes, ≥ 1.</param>
    /// <returns>The integer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The bound is not positive.</exception>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        uint range = (uint)bound;
        ulong product = (ulong)NextUInt() * range;
        if ((uint)product < range)
        {
            uint biased = (0u - range) % range;
            while ((uint)product < biased) product = (ulong)NextUInt() * range;
        }

        return (int)(product >> 32);
    }

    /// <summary>Draws from the normal distribution of mean 0 and variance 1 (Marsaglia's polar method).</summary>
    /// <returns>The number, the same bits on every platform.</returns>
    public double NextNormal()
    {
        if (_hasSpareNormal)
        {
            _hasSpareNormal = false;
            return _spareNormal;
        }

        while (true)
        {
            double x = (2 * NextDouble()) - 1;
            double y = (2 * NextDouble()) - 1;
            double square = (x * x) + (y * y);
            if (square is >= 1 or 0) continue;
            double factor = Math.Sqrt(-2 * VectorMath.Log(square) / square);
            _spareNormal = y * factor;
            _hasSpareNormal = true;
            return x * factor;
        }
    }

    /// <summary>Puts the items in a uniformly random order (Fisher and Yates).</summary>
    /// <typeparam name="T">Anything.</typeparam>
    /// <param name="items">Permuted in place.</param>
    public void Shuffle<T>(Span<T> items)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            int chosen = NextInt(last + 1);
            (items[last], items[chosen]) = (items[chosen], items[last]);
        }
    }

    private void Advance()
    {
        if (_isExhausted) throw new InvalidOperationException("the stream has used all positions of its counter");
        _block = Philox.Block(_seed, Counter);
        _unused = 4;
        _isExhausted = Counter.Position == uint.MaxValue;
        if (!_isExhausted) Counter = Counter with { Position = Counter.Position + 1 };
    }
}
