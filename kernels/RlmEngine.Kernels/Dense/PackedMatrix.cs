using System.Runtime.InteropServices;

namespace RlmEngine.Kernels.Dense;

/// <summary>A weight W_OI, copied once per update into panels of 32 columns for both products: X·Wᵀ and dY·W.</summary>
/// <remarks>
/// Forward panel p holds for each input i the 32 outputs 32p .. 32p + 31; backward panel p holds for each output o the 32 inputs from 32p.
/// The last panel is filled up with zeros. The layout does not depend on the vector width.
/// </remarks>
public sealed unsafe class PackedMatrix : IDisposable
{
    /// <summary>Columns of a panel.</summary>
    public const int PanelWidth = 32;

    private readonly NativeBuffer _forward = new();
    private readonly NativeBuffer _backward = new();

    /// <summary>Makes a matrix of zeros.</summary>
    /// <param name="outputs">Rows O of the weight.</param>
    /// <param name="inputs">Columns I of the weight.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    public PackedMatrix(int outputs, int inputs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(outputs);
        ArgumentOutOfRangeException.ThrowIfNegative(inputs);
        Outputs = outputs;
        Inputs = inputs;
        Forward = Zeros(_forward, Panels(outputs) * PanelWidth * (nint)inputs);
        Backward = Zeros(_backward, Panels(inputs) * PanelWidth * (nint)outputs);
    }

    /// <summary>Rows O of the weight.</summary>
    public int Outputs { get; }

    /// <summary>Columns I of the weight.</summary>
    public int Inputs { get; }

    /// <summary>Bytes of the panels of a matrix of such a size: 4 · (32⌈O/32⌉ · I + 32⌈I/32⌉ · O).</summary>
    public static long BytesOf(int outputs, int inputs) =>
        sizeof(float) * ((Panels(outputs) * PanelWidth * (long)inputs) + (Panels(inputs) * PanelWidth * (long)outputs));

    internal float* Forward { get; private set; }

    internal float* Backward { get; private set; }

    /// <summary>Takes over the weight's present values.</summary>
    /// <param name="w_OI">The weight, row-major [outputs, inputs].</param>
    /// <exception cref="ArgumentException">The span does not hold outputs × inputs numbers.</exception>
    /// <exception cref="ObjectDisposedException">The matrix was disposed.</exception>
    public void Pack(ReadOnlySpan<float> w_OI)
    {
        ObjectDisposedException.ThrowIf(Forward is null, this);
        if (w_OI.Length != (long)Outputs * Inputs)
            throw new ArgumentException($"{w_OI.Length} weights for a matrix of {Outputs} x {Inputs}", nameof(w_OI));
        fixed (float* w = w_OI)
        {
            var work = new PackWork(w, Outputs, Inputs, Forward, Backward);
            WorkPool.Run(Panels(Outputs) + Panels(Inputs), work);
        }
    }

    /// <summary>Frees the panels.</summary>
    public void Dispose()
    {
        Forward = null;
        Backward = null;
        _forward.Dispose();
        _backward.Dispose();
    }

    internal static int Panels(int columns) => (columns + PanelWidth - 1) / PanelWidth;

    private static float* Zeros(NativeBuffer buffer, nint length)
    {
        float* pointer = buffer.Rent(Math.Max(length, 1));
        NativeMemory.Clear(pointer, (nuint)length * sizeof(float));
        return pointer;
    }

    /// <summary>Fills one panel: first those of the forward product, then those of the backward product.</summary>
    private readonly struct PackWork(float* w, int outputs, int inputs, float* forward, float* backward) : IWork
    {
        public void Do(int index)
        {
            if (index < Panels(outputs))
                PackForward(index * PanelWidth);
            else
                PackBackward((index - Panels(outputs)) * PanelWidth);
        }

        private void PackForward(int first)
        {
            int count = Math.Min(PanelWidth, outputs - first);
            float* panel = forward + (nint)first * inputs;
            const int inputsAtOnce = 16;
            for (nint start = 0; start < inputs; start += inputsAtOnce)
            {
                nint end = Math.Min(start + inputsAtOnce, inputs);
                for (nint o = 0; o < count; o++)
                {
                    float* row = w + (first + o) * inputs;
                    for (nint i = start; i < end; i++)
                        panel[i * PanelWidth + o] = row[i];
                }
            }
        }

        private void PackBackward(int first)
        {
            int count = Math.Min(PanelWidth, inputs - first);
            float* panel = backward + (nint)first * outputs;
            for (nint o = 0; o < outputs; o++)
                new ReadOnlySpan<float>(w + o * inputs + first, count).CopyTo(new Span<float>(panel + o * PanelWidth, count));
        }
    }
}
