using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Dense;

/// <content>The outer products of the backward.</content>
internal static unsafe partial class AttentionBlocks<TLanes>
{
    /// <summary>target_j[d] += Σ_r weights[r][j] · x_r[d], r ascending, for consecutive keys.</summary>
    /// <param name="weights">Weights of the first row and key.</param>
    /// <param name="stride">From one row's weights to the next's.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="x_RD">Rows, <paramref name="size"/> apart.</param>
    /// <param name="size">Size of a head, a multiple of 16.</param>
    /// <param name="keys">How many keys.</param>
    /// <param name="target_JD">Their sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddOuter(float* weights, nint stride, int rows, float* x_RD, int size, int keys, float* target_JD)
    {
        int page = 0, key = 0;
        AttentionTile tile = new()
        {
            StepRow = 1,
            StepK = stride,
            StepB = size,
            SecondB = Keys,
            SecondC = Keys,
            Depth = rows,
            RunK = rows,
            Table = &page,
            StrideC = size,
            Resume = true,
            Scale = 1f,
        };
        while (keys - key >= Partials)
        {
            int some = keys - key >= AttentionTiles<TLanes>.MaxRows ? AttentionTiles<TLanes>.MaxRows : Partials;
            tile.A = weights + key;
            for (int column = 0; column < size; column += 2 * Keys)
            {
                tile.B = x_RD + column;
                tile.C = target_JD + ((nint)key * size) + column;
                AttentionTiles<TLanes>.Run(some, Math.Min(2, (size - column) / Keys), tile);
            }

            key += some;
        }

        for (; key < keys; key++)
            AddOuterOne(weights + key, stride, rows, x_RD, size, target_JD + ((nint)key * size));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddOuterOne(float* weights, nint stride, int rows, float* x, int size, float* target)
    {
        for (int column = 0; column < size; column += Keys)
        {
            TLanes sum = TLanes.Load(target + column);
            for (int row = 0; row < rows; row++)
                sum = TLanes.MultiplyAdd(TLanes.Broadcast(weights[row * stride]), TLanes.Load(x + (row * size) + column), sum);
            sum.Store(target + column);
        }
    }
}
