using ILGPU;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>What a walk notes of each block of a row, in shared memory.</summary>
internal struct BlockTable
{
    /// <summary>Blocks there is room for, so the largest vocabulary is 2²⁰.</summary>
    public const int Capacity = 1024;

    public int IsPresent;

    /// <summary>Largest logit, not scaled.</summary>
    public ArrayView<float> Maxima;

    /// <summary>The logit that the sum is relative to.</summary>
    public ArrayView<float> References;

    /// <summary>Sum of weights.</summary>
    public ArrayView<float> Sums;

    /// <summary>A table of three times <see cref="Capacity"/> floats.</summary>
    public static BlockTable In(ArrayView<float> memory)
    {
        BlockTable table;
        table.IsPresent = 1;
        table.Maxima = memory.SubView(0, Capacity);
        table.References = memory.SubView(Capacity, Capacity);
        table.Sums = memory.SubView(2 * Capacity, Capacity);
        return table;
    }

    /// <summary>No table.</summary>
    public static BlockTable None(ArrayView<float> memory)
    {
        BlockTable table;
        table.IsPresent = 0;
        table.Maxima = memory;
        table.References = memory;
        table.Sums = memory;
        return table;
    }

    public static void Set(BlockTable table, int block, float max, float reference, float sum)
    {
        table.Maxima[block] = max;
        table.References[block] = reference;
        table.Sums[block] = sum;
    }
}
