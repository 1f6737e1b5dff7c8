using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RlmEngine.Kernels.Dense;

/// <summary>Copies blocks of a weight W_OI into its panels: transposed for X·Wᵀ, as they stand for dY·W; rounded where panels are bfloat16.</summary>
/// <param name="w">The weight, row-major.</param>
/// <param name="size">Its rows and columns.</param>
/// <param name="type">How the panels hold it.</param>
internal readonly unsafe struct PanelPacking(float* w, (int Outputs, int Inputs) size, PanelType type)
{
    private const int Width = PackedMatrix.PanelWidth;
    private const int InputsAtOnce = 16;
    private const int Four = 4;

    /// <summary>Writes inputs <paramref name="from"/> to <paramref name="to"/> of forward panel <paramref name="panel"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(byte* panels, int panel, int from, int to)
    {
        float* rows = w + ((nint)panel * Width * size.Inputs);
        int count = Math.Min(Width, size.Outputs - (panel * Width));
        nint start = (nint)panel * Width * size.Inputs;
        if (type == PanelType.Float32)
        {
            Transpose(rows, count, from, to, (float*)panels + start + ((nint)from * Width));
            return;
        }

        // Rounded a block at a time; the columns that fill up the last panel are zeros before and after.
        float* block = stackalloc float[InputsAtOnce * Width];
        new Span<float>(block, InputsAtOnce * Width).Clear();
        for (int i = from; i < to; i += InputsAtOnce)
        {
            int end = Math.Min(i + InputsAtOnce, to);
            Transpose(rows, count, i, end, block);
            for (int row = 0; row < end - i; row++)
                Round(block + (row * Width), (ushort*)panels + start + ((nint)(i + row) * Width));
        }
    }

    /// <summary>Writes outputs <paramref name="from"/> to <paramref name="to"/> of backward panel <paramref name="panel"/>.</summary>
    public void Backward(byte* panels, int panel, int from, int to)
    {
        int count = Math.Min(Width, size.Inputs - (panel * Width));
        nint start = (nint)panel * Width * size.Outputs;
        float* filled = stackalloc float[Width];
        new Span<float>(filled, Width).Clear();
        for (nint o = from; o < to; o++)
        {
            float* row = w + (o * size.Inputs) + (panel * Width);
            if (type == PanelType.Float32)
            {
                new ReadOnlySpan<float>(row, count).CopyTo(new Span<float>((float*)panels + start + (o * Width), count));
                continue;
            }

            if (count < Width)
            {
                new ReadOnlySpan<float>(row, count).CopyTo(new Span<float>(filled, count));
                row = filled;
            }

            Round(row, (ushort*)panels + start + (o * Width));
        }
    }

    /// <summary>target[(i − from)·32 + o] = rows[o, i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Transpose(float* rows, int count, int from, int to, float* target)
    {
        for (int start = from; start < to; start += InputsAtOnce)
        {
            int end = Math.Min(start + InputsAtOnce, to);
            int wholeInputs = Sse.IsSupported ? start + ((end - start) / Four * Four) : start;
            int wholeOutputs = Sse.IsSupported ? count / Four * Four : 0;
            for (int o = 0; o < wholeOutputs; o += Four)
            {
                for (int i = start; i < wholeInputs; i += Four)
                    TransposeFour(rows + ((nint)o * size.Inputs) + i, target + ((nint)(i - from) * Width) + o);
                TransposeEach(rows, (o, o + Four), (wholeInputs, end), from, target);
            }

            TransposeEach(rows, (wholeOutputs, count), (start, end), from, target);
        }
    }

    private void TransposeEach(float* rows, (int From, int To) outputs, (int From, int To) inputs, int from, float* target)
    {
        for (int o = outputs.From; o < outputs.To; o++)
        {
            for (int i = inputs.From; i < inputs.To; i++)
                target[((nint)(i - from) * Width) + o] = rows[((nint)o * size.Inputs) + i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TransposeFour(float* source, float* target)
    {
        nint stride = size.Inputs;
        Vector128<float> a = Vector128.Load(source), b = Vector128.Load(source + stride);
        Vector128<float> c = Vector128.Load(source + (2 * stride)), d = Vector128.Load(source + (3 * stride));
        Vector128<float> lowAb = Sse.UnpackLow(a, b), lowCd = Sse.UnpackLow(c, d);
        Vector128<float> highAb = Sse.UnpackHigh(a, b), highCd = Sse.UnpackHigh(c, d);
        Sse.MoveLowToHigh(lowAb, lowCd).Store(target);
        Sse.MoveHighToLow(lowCd, lowAb).Store(target + Width);
        Sse.MoveLowToHigh(highAb, highCd).Store(target + (2 * Width));
        Sse.MoveHighToLow(highCd, highAb).Store(target + (3 * Width));
    }

    /// <summary>Rounds one row of a panel.</summary>
    private static void Round(float* row, ushort* rounded) =>
        HalfPrecision.ToBfloat16Pairs(new ReadOnlySpan<float>(row, Width), new Span<uint>(rounded, Width / 2));
}

/// <summary>All panels of one product, a panel a piece.</summary>
internal readonly unsafe struct WholePanels(PanelPacking packing, byte* panels, int depth, bool isForward) : IWork
{
    public void Do(int index)
    {
        if (isForward)
            packing.Forward(panels, index, 0, depth);
        else
            packing.Backward(panels, index, 0, depth);
    }
}
