namespace RlmEngine.Kernels.Dense;

/// <summary>Copies one panel of a weight W_OI: transposed for X·Wᵀ, as it stands for dY·W; rounded where the panel is bfloat16.</summary>
internal readonly unsafe struct PanelPacking(float* w, (int Outputs, int Inputs) size, byte* panels, PanelType type, bool isTransposed) : IWork
{
    private const int Width = PackedMatrix.PanelWidth;
    private const int InputsAtOnce = 16;

    public void Do(int index)
    {
        int first = index * Width;
        nint start = (nint)first * (isTransposed ? size.Inputs : size.Outputs);
        int count = Math.Min(Width, (isTransposed ? size.Outputs : size.Inputs) - first);
        if (type == PanelType.Bfloat16 && isTransposed)
            Transpose(first, count, (ushort*)panels + start);
        else if (isTransposed)
            Transpose(first, count, (float*)panels + start);
        else if (type == PanelType.Bfloat16)
            Copy(first, count, (ushort*)panels + start);
        else
            Copy(first, count, (float*)panels + start);
    }

    private void Transpose(int first, int count, float* panel)
    {
        for (nint start = 0; start < size.Inputs; start += InputsAtOnce)
        {
            nint end = Math.Min(start + InputsAtOnce, size.Inputs);
            for (nint o = 0; o < count; o++)
            {
                float* row = w + (first + o) * size.Inputs;
                for (nint i = start; i < end; i++)
                    panel[i * Width + o] = row[i];
            }
        }
    }

    private void Transpose(int first, int count, ushort* panel)
    {
        ushort* rounded = stackalloc ushort[InputsAtOnce];
        for (nint start = 0; start < size.Inputs; start += InputsAtOnce)
        {
            int length = (int)Math.Min(InputsAtOnce, size.Inputs - start);
            for (nint o = 0; o < count; o++)
            {
                Round(w + (first + o) * size.Inputs + start, length, rounded);
                for (nint i = 0; i < length; i++)
                    panel[(start + i) * Width + o] = rounded[i];
            }
        }
    }

    private void Copy(int first, int count, float* panel)
    {
        for (nint o = 0; o < size.Outputs; o++)
            new ReadOnlySpan<float>(w + o * size.Inputs + first, count).CopyTo(new Span<float>(panel + o * Width, count));
    }

    private void Copy(int first, int count, ushort* panel)
    {
        for (nint o = 0; o < size.Outputs; o++)
            Round(w + o * size.Inputs + first, count, panel + o * Width);
    }

    private static void Round(float* values, int count, ushort* rounded) =>
        HalfPrecision.ToBfloat16(new ReadOnlySpan<float>(values, count), new Span<byte>(rounded, count * sizeof(ushort)));
}
