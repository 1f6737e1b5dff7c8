using ILGPU;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>Sixteen bytes, read and written at once.</summary>
internal struct Vector16
{
    public uint A, B, C, D;
}

/// <summary>Eight logits that stand beside each other.</summary>
internal struct Logits8
{
    public float X0, X1, X2, X3, X4, X5, X6, X7;
}

/// <summary>Reads and writes logits of one type; <typeparamref name="TBits"/> is what one is stored in.</summary>
internal interface ILogitFormat<TBits>
    where TBits : unmanaged
{
    /// <summary>Logits in sixteen bytes.</summary>
    int PerVector { get; }

    float Decode(TBits bits);

    TBits Encode(float value);

    /// <summary>Reads eight logits from vector <paramref name="at"/> on.</summary>
    Logits8 Load(ArrayView<Vector16> vectors, long at);

    void Store(ArrayView<Vector16> vectors, long at, Logits8 values);
}

/// <summary>Single precision: eight logits are two vectors.</summary>
internal readonly struct SingleFormat : ILogitFormat<uint>
{
    public int PerVector => 4;

    public float Decode(uint bits) => Interop.IntAsFloat(bits);

    public uint Encode(float value) => Interop.FloatAsInt(value);

    public Logits8 Load(ArrayView<Vector16> vectors, long at)
    {
        Vector16 a = vectors[at], b = vectors[at + 1];
        Logits8 x;
        x.X0 = Interop.IntAsFloat(a.A);
        x.X1 = Interop.IntAsFloat(a.B);
        x.X2 = Interop.IntAsFloat(a.C);
        x.X3 = Interop.IntAsFloat(a.D);
        x.X4 = Interop.IntAsFloat(b.A);
        x.X5 = Interop.IntAsFloat(b.B);
        x.X6 = Interop.IntAsFloat(b.C);
        x.X7 = Interop.IntAsFloat(b.D);
        return x;
    }

    public void Store(ArrayView<Vector16> vectors, long at, Logits8 values)
    {
        Vector16 a, b;
        a.A = Interop.FloatAsInt(values.X0);
        a.B = Interop.FloatAsInt(values.X1);
        a.C = Interop.FloatAsInt(values.X2);
        a.D = Interop.FloatAsInt(values.X3);
        b.A = Interop.FloatAsInt(values.X4);
        b.B = Interop.FloatAsInt(values.X5);
        b.C = Interop.FloatAsInt(values.X6);
        b.D = Interop.FloatAsInt(values.X7);
        vectors[at] = a;
        vectors[at + 1] = b;
    }
}

/// <summary>Half precision.</summary>
internal readonly struct HalfFormat : ILogitFormat<ushort>
{
    public int PerVector => 8;

    public float Decode(ushort bits) => DeviceMath.OfHalf(bits);

    public ushort Encode(float value) => (ushort)(DeviceMath.ToHalves(value, 0f) & 0xFFFF);

    public Logits8 Load(ArrayView<Vector16> vectors, long at)
    {
        Vector16 v = vectors[at];
        Logits8 x;
        x.X0 = Low(v.A);
        x.X1 = High(v.A);
        x.X2 = Low(v.B);
        x.X3 = High(v.B);
        x.X4 = Low(v.C);
        x.X5 = High(v.C);
        x.X6 = Low(v.D);
        x.X7 = High(v.D);
        return x;
    }

    public void Store(ArrayView<Vector16> vectors, long at, Logits8 values)
    {
        Vector16 v;
        v.A = DeviceMath.ToHalves(values.X0, values.X1);
        v.B = DeviceMath.ToHalves(values.X2, values.X3);
        v.C = DeviceMath.ToHalves(values.X4, values.X5);
        v.D = DeviceMath.ToHalves(values.X6, values.X7);
        vectors[at] = v;
    }

    private static float Low(uint bits) => DeviceMath.OfHalf((ushort)(bits & 0xFFFF));

    private static float High(uint bits) => DeviceMath.OfHalf((ushort)(bits >> 16));
}

/// <summary>bfloat16: the upper half of single precision.</summary>
internal readonly struct BFloatFormat : ILogitFormat<ushort>
{
    public int PerVector => 8;

    public float Decode(ushort bits) => Interop.IntAsFloat((uint)bits << 16);

    public ushort Encode(float value) => (ushort)(DeviceMath.ToBFloats(value, 0f) & 0xFFFF);

    public Logits8 Load(ArrayView<Vector16> vectors, long at)
    {
        Vector16 v = vectors[at];
        Logits8 x;
        x.X0 = Interop.IntAsFloat(v.A << 16);
        x.X1 = Interop.IntAsFloat(v.A & 0xFFFF0000);
        x.X2 = Interop.IntAsFloat(v.B << 16);
        x.X3 = Interop.IntAsFloat(v.B & 0xFFFF0000);
        x.X4 = Interop.IntAsFloat(v.C << 16);
        x.X5 = Interop.IntAsFloat(v.C & 0xFFFF0000);
        x.X6 = Interop.IntAsFloat(v.D << 16);
        x.X7 = Interop.IntAsFloat(v.D & 0xFFFF0000);
        return x;
    }

    public void Store(ArrayView<Vector16> vectors, long at, Logits8 values)
    {
        Vector16 v;
        v.A = DeviceMath.ToBFloats(values.X0, values.X1);
        v.B = DeviceMath.ToBFloats(values.X2, values.X3);
        v.C = DeviceMath.ToBFloats(values.X4, values.X5);
        v.D = DeviceMath.ToBFloats(values.X6, values.X7);
        vectors[at] = v;
    }
}
