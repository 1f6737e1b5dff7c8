using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Rollout;

/// <summary>Rows that are worked on alone, cut into pieces that are worth a thread each.</summary>
internal static class RowWork
{
    /// <summary>Does rows 0 to R − 1, each once.</summary>
    /// <param name="rows">R.</param>
    /// <param name="vocabulary">Numbers in a row.</param>
    /// <param name="work">Does the row of an index.</param>
    public static void Run<TWork>(int rows, int vocabulary, in TWork work)
        where TWork : struct, IWork
    {
        int size = VectorPool.RowsPerPiece(vocabulary);
        WorkPool.Run(VectorPool.Pieces(rows, size), new Piece<TWork>(work, rows, size));
    }

    private readonly struct Piece<TWork>(TWork work, int rows, int size) : IWork
        where TWork : struct, IWork
    {
        public void Do(int index)
        {
            int end = Math.Min(rows, (index + 1) * size);
            for (int row = index * size; row < end; row++) work.Do(row);
        }
    }
}
