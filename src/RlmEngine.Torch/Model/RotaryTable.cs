using TorchSharp;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>Cosines and sines of every position's angles, computed in double and rounded once: two tensors [T, headSize].</summary>
internal sealed class RotaryTable : IDisposable
{
    private readonly Tensor _cosines;
    private readonly Tensor _sines;

    /// <summary>Computes the table.</summary>
    /// <param name="positions">T.</param>
    /// <param name="frequencies">Radians per position of each of a head's pairs.</param>
    /// <param name="type">Type that queries and keys have.</param>
    /// <param name="device">Where.</param>
    public RotaryTable(int positions, double[] frequencies, ScalarType type, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor angles = arange(positions, ScalarType.Float64).unsqueeze(1) * tensor(frequencies).unsqueeze(0);
        Tensor both = cat([angles, angles], 1);
        _cosines = both.cos().to(type).to(device).DetachFromDisposeScope();
        _sines = both.sin().to(type).to(device).DetachFromDisposeScope();
    }

    /// <summary>Rows of the table for some positions, [N, 1, headSize] each.</summary>
    public (Tensor Cosines, Tensor Sines) Of(Tensor positions_N)
        => (_cosines.index_select(0, positions_N).unsqueeze(1), _sines.index_select(0, positions_N).unsqueeze(1));

    /// <summary>Turns the first half of each head against its second half: x·cos + (−x₂, x₁)·sin.</summary>
    public static Tensor Rotate(Tensor x_NHD, Tensor cosines, Tensor sines)
    {
        Tensor[] halves = x_NHD.chunk(2, -1);
        return (x_NHD * cosines) + (cat([-halves[1], halves[0]], -1) * sines);
    }

    public void Dispose()
    {
        _cosines.Dispose();
        _sines.Dispose();
    }
}
