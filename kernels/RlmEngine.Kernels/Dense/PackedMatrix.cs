using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Dense;

/// <summary>A weight W_OI, copied once per update into panels of 32 columns for both products: X·Wᵀ and dY·W.</summary>
/// <remarks>
/// Forward panel p holds for each input i the 32 outputs 32p .. 32p + 31; backward panel p holds for each output o the 32 inputs from 32p.
/// The last panel is filled up with zeros. The layout does not depend on the vector width. Panels of a product that is never asked for
/// take no memory. Any threads may multiply by it at once, but not while it changes.
/// Panels of bfloat16 hold the weight rounded, columns n and n + 16 in one 32-bit word (n in its lower half); the products are, bit for
/// bit, those of a float32 matrix that was rounded before.
/// </remarks>
public sealed unsafe class PackedMatrix : IDisposable
{
    /// <summary>Columns of a panel.</summary>
    public const int PanelWidth = 32;

    private readonly NativeBuffer _forward = new();
    private readonly NativeBuffer _backward = new();
    private readonly Lock _packing = new();
    private float* _followed;
    private bool _isForwardPacked;
    private bool _isBackwardPacked;

    /// <summary>Makes a matrix of zeros.</summary>
    /// <param name="outputs">Rows O of the weight.</param>
    /// <param name="inputs">Columns I of the weight.</param>
    /// <param name="type">How the panels hold it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    public PackedMatrix(int outputs, int inputs, PanelType type = PanelType.Float32)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(outputs);
        ArgumentOutOfRangeException.ThrowIfNegative(inputs);
        Outputs = outputs;
        Inputs = inputs;
        Type = type;
    }

    /// <summary>Rows O of the weight.</summary>
    public int Outputs { get; }

    /// <summary>Columns I of the weight.</summary>
    public int Inputs { get; }

    /// <summary>How the panels hold the weight.</summary>
    public PanelType Type { get; }

    /// <summary>Bytes of the forward product's panels of a matrix of such a size: 4 (bfloat16: 2) · 32⌈O/32⌉ · I.</summary>
    public static long ForwardBytes(int outputs, int inputs, PanelType type = PanelType.Float32) =>
        BytesOf(type) * (Panels(outputs) * PanelWidth * (long)inputs);

    /// <summary>Bytes of the backward product's panels: 4 (bfloat16: 2) · 32⌈I/32⌉ · O.</summary>
    public static long BackwardBytes(int outputs, int inputs, PanelType type = PanelType.Float32) => ForwardBytes(inputs, outputs, type);

    internal int ElementBytes => BytesOf(Type);

    internal bool IsDisposed { get; private set; }

    /// <summary>Panels of the forward product, packed by now.</summary>
    internal byte* Forward => Packed(ref _isForwardPacked, isForward: true);

    /// <summary>Panels of the backward product, packed by now.</summary>
    internal byte* Backward => Packed(ref _isBackwardPacked, isForward: false);

    /// <summary>Takes over the weight's present values.</summary>
    /// <param name="w_OI">The weight, row-major [outputs, inputs].</param>
    /// <exception cref="ArgumentException">The span does not hold outputs × inputs numbers.</exception>
    /// <exception cref="ObjectDisposedException">The matrix was disposed.</exception>
    public void Pack(ReadOnlySpan<float> w_OI)
    {
        fixed (float* w = w_OI)
        {
            Follow(new ReadOnlySpan<float>(w, w_OI.Length));
            _ = Forward;
            _ = Backward;
            _followed = null;
        }
    }

    /// <summary>Takes over the weight's values when a product first asks for them; to be called again after every change of them.</summary>
    /// <param name="native_OI">The weight, row-major [outputs, inputs], in native memory that stays until the next call or the last product.</param>
    /// <exception cref="ArgumentException">The span does not hold outputs × inputs numbers.</exception>
    /// <exception cref="ObjectDisposedException">The matrix was disposed.</exception>
    public void Follow(ReadOnlySpan<float> native_OI)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (native_OI.Length != (long)Outputs * Inputs)
            throw new ArgumentException($"{native_OI.Length} weights for a matrix of {Outputs} x {Inputs}", nameof(native_OI));
        fixed (float* w = native_OI)
            _followed = w;
        _isForwardPacked = _isBackwardPacked = false;
    }

    /// <summary>Packs what the forward products of these weights read, on all threads, before pieces of work that have one each ask for it.</summary>
    /// <param name="weights">The weights.</param>
    public static void ReadyForward(params ReadOnlySpan<PackedMatrix> weights)
    {
        foreach (PackedMatrix weight in weights)
            _ = weight.Forward;
    }

    /// <summary>Packs what the input gradients of these weights read, on all threads, before pieces of work that have one each ask for it.</summary>
    /// <param name="weights">The weights.</param>
    public static void ReadyBackward(params ReadOnlySpan<PackedMatrix> weights)
    {
        foreach (PackedMatrix weight in weights)
            _ = weight.Backward;
    }

    /// <summary>Where a weight that is rewritten must be packed anew: null for panels that no product has asked for since they were last followed.</summary>
    /// <param name="w">The weight's first number.</param>
    /// <param name="length">Its numbers.</param>
    /// <exception cref="ArgumentException">The matrix follows another weight.</exception>
    internal PanelsToRewrite ToRewrite(float* w, int length)
    {
        if (length != (long)Outputs * Inputs || _followed != w || (w is null && length > 0))
            throw new ArgumentException("the packed matrix does not follow this weight", nameof(w));
        return length == 0 ? default : new PanelsToRewrite(PackingOf(w), _isForwardPacked ? Forward : null, _isBackwardPacked ? Backward : null);
    }

    /// <summary>Frees the panels.</summary>
    public void Dispose()
    {
        IsDisposed = true;
        _followed = null;
        _forward.Dispose();
        _backward.Dispose();
    }

    internal static int Panels(int columns) => (columns + PanelWidth - 1) / PanelWidth;

    private static int BytesOf(PanelType type) => type == PanelType.Bfloat16 ? sizeof(ushort) : sizeof(float);

    private PanelPacking PackingOf(float* w) => new(w, (Outputs, Inputs), Type);

    // Threads that share a product may ask at once: the first one packs, the others wait for it.
    private byte* Packed(ref bool isPacked, bool isForward)
    {
        if (!Volatile.Read(ref isPacked))
        {
            lock (_packing)
            {
                if (!isPacked) PackPanels(isForward);
                Volatile.Write(ref isPacked, true);
            }
        }

        return PanelsOf(isForward);
    }

    private void PackPanels(bool isForward)
    {
        byte* panels = PanelsOf(isForward);
        if (_followed is null) return;
        using KernelSpan span = KernelTrace.Begin(KernelKind.WeightPacking, Outputs, Inputs);
        WorkPool.Run(
            Panels(isForward ? Outputs : Inputs), new WholePanels(PackingOf(_followed), panels, isForward ? Inputs : Outputs, isForward));
    }

    private byte* PanelsOf(bool isForward) => isForward ? Rent(_forward, Outputs, Inputs) : Rent(_backward, Inputs, Outputs);

    private byte* Rent(NativeBuffer buffer, int columns, int depth)
    {
        nint bytes = Panels(columns) * PanelWidth * (nint)depth * ElementBytes;
        return (byte*)buffer.Rent(Math.Max(bytes / sizeof(float), 1));
    }
}

/// <summary>Panels that are written block by block as their weight is.</summary>
/// <param name="packing">How.</param>
/// <param name="forward">Panels of the forward product, or null.</param>
/// <param name="backward">Panels of the backward product, or null.</param>
internal readonly unsafe struct PanelsToRewrite(PanelPacking packing, byte* forward, byte* backward)
{
    private const int Width = PackedMatrix.PanelWidth;
    private readonly PanelPacking _packing = packing;
    private readonly byte* _forward = forward;
    private readonly byte* _backward = backward;

    /// <summary>How many of the two there are.</summary>
    public int Count => (_forward is null ? 0 : 1) + (_backward is null ? 0 : 1);

    /// <summary>Packs the part of outputs 32·<paramref name="panel"/> to <paramref name="lastOutput"/> that lies in a range of inputs, which begins at a multiple of 32.</summary>
    public void Pack(int panel, int lastOutput, int fromInput, int toInput)
    {
        if (_forward is not null)
            _packing.Forward(_forward, panel, fromInput, toInput);
        if (_backward is null)
            return;
        for (int i = fromInput; i < toInput; i += Width)
            _packing.Backward(_backward, i / Width, panel * Width, lastOutput);
    }
}
