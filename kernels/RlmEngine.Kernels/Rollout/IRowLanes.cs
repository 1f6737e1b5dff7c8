namespace RlmEngine.Kernels.Rollout;

/// <summary>Sixteen floats that the row kernels work on at once, whatever the width of the processor's vectors.</summary>
/// <remarks>Every implementation performs the same rounding in each lane, so a row's bits do not depend on which one runs.</remarks>
/// <typeparam name="TSelf">The implementation.</typeparam>
internal interface IRowLanes<TSelf>
    where TSelf : struct, IRowLanes<TSelf>
{
    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf Load(ref readonly float source);

    static abstract TSelf Broadcast(float value);

    /// <summary>The larger of the two; the right one where either is NaN.</summary>
    static abstract TSelf Max(TSelf left, TSelf right);

    /// <summary>The smaller of the two; the right one where either is NaN.</summary>
    static abstract TSelf Min(TSelf left, TSelf right);

    static abstract TSelf MultiplyAdd(TSelf left, TSelf right, TSelf addend);

    /// <summary>eˣ for x in [<see cref="VectorMath.LowestArgument"/>, 0].</summary>
    static abstract TSelf ExpInRange(TSelf x);

    /// <summary>The same for four at once, where that is faster.</summary>
    static virtual void ExpInRange(ref TSelf a, ref TSelf b, ref TSelf c, ref TSelf d)
    {
        a = TSelf.ExpInRange(a);
        b = TSelf.ExpInRange(b);
        c = TSelf.ExpInRange(c);
        d = TSelf.ExpInRange(d);
    }

    /// <summary>2^y for y in [<see cref="VectorMath.LowestExponent"/>, 127] of four at once.</summary>
    static abstract void Exp2InRange(ref TSelf a, ref TSelf b, ref TSelf c, ref TSelf d);

    /// <summary>Bit i is set where left ≥ right in lane i.</summary>
    static abstract uint AtLeast(TSelf left, TSelf right);

    /// <summary>The value where left ≥ right, else 0.</summary>
    static abstract TSelf KeepAtLeast(TSelf value, TSelf left, TSelf right);

    void Store(ref float destination);
}
