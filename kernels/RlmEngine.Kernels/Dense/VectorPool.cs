using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels.Dense;

/// <summary>Runs work on <see cref="WorkPool"/> with the vectors that <see cref="VectorWidth"/> names.</summary>
internal static class VectorPool
{
    /// <summary>Numbers one piece of element-wise work has at least: below it a second thread costs more than it brings.</summary>
    public const int ElementsPerPiece = 16384;

    /// <summary>Rows of one piece where a row has <paramref name="columns"/> numbers.</summary>
    public static int RowsPerPiece(int columns) => Math.Max(1, ElementsPerPiece / Math.Max(1, columns));

    /// <summary>How many pieces of <paramref name="size"/> cover <paramref name="total"/>.</summary>
    public static int Pieces(int total, int size) => (int)(((long)total + size - 1) / size);

    public static void Run<TWork>(int count, in TWork work)
        where TWork : struct, IVectorWork
    {
        switch (VectorWidth.Bits)
        {
            case 512:
                WorkPool.Run(count, new Widened<TWork, Lanes512, Vector512<float>>(work));
                break;
            case 256:
                WorkPool.Run(count, new Widened<TWork, Lanes256, Vector256<float>>(work));
                break;
            default:
                WorkPool.Run(count, new Widened<TWork, Lanes128, Vector128<float>>(work));
                break;
        }
    }

    private readonly struct Widened<TWork, TLanes, TVector>(TWork work) : IWork
        where TWork : struct, IVectorWork
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        public void Do(int index) => work.Do<TLanes, TVector>(index);
    }
}
