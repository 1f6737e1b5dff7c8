using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace RlmEngine.Kernels.Rollout;

/// <summary>Calls a row's logits into the cache some time before they are read.</summary>
internal static unsafe class RowMemory
{
    // 8 KiB: the time that memory takes to answer, at the pace of the exponentials.
    private const int Ahead = 2048;

    /// <summary>Hints at two lines of sixteen logits <see cref="Ahead"/> of a place; they may lie past the row's end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(ref float place)
    {
        if (!Sse.IsSupported) return;
        float* line = (float*)Unsafe.AsPointer(ref place) + Ahead;
        Sse.Prefetch0(line);
        Sse.Prefetch0(line + RowAccumulator.Lanes);
    }
}
