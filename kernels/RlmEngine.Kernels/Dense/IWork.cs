namespace RlmEngine.Kernels.Dense;

/// <summary>Work cut into numbered pieces with disjoint outputs, see <see cref="WorkPool.Run"/>.</summary>
public interface IWork
{
    /// <summary>Does piece <paramref name="index"/>; may run on any thread, at the same time as other pieces.</summary>
    /// <param name="index">Number of the piece, from 0.</param>
    void Do(int index);
}
