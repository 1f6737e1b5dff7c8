using System.Numerics;

namespace RlmEngine.Kernels.Ilgpu;

/// <summary>Checks sizes of warp and group.</summary>
internal static class GroupShape
{
    public static void Check(int lanes, int groupSize)
    {
        if (lanes is not (1 or 4 or 32)) throw new ArgumentOutOfRangeException(nameof(lanes), lanes, "lanes are 1, 4 or 32");
        if (groupSize < lanes || groupSize > Device.RowWalk.WarpLimit * lanes || !BitOperations.IsPow2(groupSize))
        {
            throw new ArgumentOutOfRangeException(
                nameof(groupSize), groupSize, $"a group is a power of two from {lanes} to {Device.RowWalk.WarpLimit * lanes} threads");
        }
    }
}
