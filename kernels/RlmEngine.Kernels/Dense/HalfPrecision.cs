using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels.Dense;

/// <summary>bfloat16 and IEEE half precision to single precision and back, on little-endian bytes at any address.</summary>
/// <remarks>Widening is exact: every value keeps its number, infinities and zeros their sign, a NaN its sign and payload.</remarks>
public static class HalfPrecision
{
    private const uint HalfInfinity = 0x7C00 << 13;
    private const uint SingleInfinity = 0x7F800000;

    // 2¹¹², the difference of the exponents' biases, 127 − 15.
    private const float BiasFactor = 5.192296858534828e33f;

    /// <summary>Widens bfloat16: the upper 16 bits of a float32.</summary>
    /// <param name="bytes">Two bytes for each number.</param>
    /// <param name="values">Written.</param>
    /// <exception cref="ArgumentException">The lengths do not agree.</exception>
    public static void FromBfloat16(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        Check(bytes.Length, values.Length);
        ref byte source = ref MemoryMarshal.GetReference(bytes);
        ref uint target = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(values));
        int i = 0;
        if (BitConverter.IsLittleEndian)
        {
            for (; i <= values.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
            {
                Vector256<ushort> bits = Vector256.LoadUnsafe(ref source, 2 * (nuint)i).AsUInt16();
                Vector256.ShiftLeft(Vector256.WidenLower(bits), 16).StoreUnsafe(ref target, (nuint)i);
                Vector256.ShiftLeft(Vector256.WidenUpper(bits), 16).StoreUnsafe(ref target, (nuint)i + 8);
            }
        }

        for (; i < values.Length; i++)
            values[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16);
    }

    /// <summary>Widens IEEE 754 half precision (1, 5 and 10 bits).</summary>
    /// <param name="bytes">Two bytes for each number.</param>
    /// <param name="values">Written.</param>
    /// <exception cref="ArgumentException">The lengths do not agree.</exception>
    public static void FromFloat16(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        Check(bytes.Length, values.Length);
        ref byte source = ref MemoryMarshal.GetReference(bytes);
        ref uint target = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(values));
        int i = 0;
        if (BitConverter.IsLittleEndian)
        {
            for (; i <= values.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
            {
                Vector256<ushort> bits = Vector256.LoadUnsafe(ref source, 2 * (nuint)i).AsUInt16();
                WidenHalf(Vector256.WidenLower(bits)).StoreUnsafe(ref target, (nuint)i);
                WidenHalf(Vector256.WidenUpper(bits)).StoreUnsafe(ref target, (nuint)i + 8);
            }
        }

        for (; i < values.Length; i++)
            values[i] = WidenHalf(BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]));
    }

    /// <summary>Rounds to bfloat16: to nearest, ties to even; beyond the largest number to infinity; a NaN stays a (quiet) NaN with its sign.</summary>
    /// <param name="values">Any numbers.</param>
    /// <param name="bytes">Written: two bytes for each number.</param>
    /// <exception cref="ArgumentException">The lengths do not agree.</exception>
    public static void ToBfloat16(ReadOnlySpan<float> values, Span<byte> bytes)
    {
        Check(bytes.Length, values.Length);
        ref uint source = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(values));
        ref byte target = ref MemoryMarshal.GetReference(bytes);
        int i = 0;
        if (BitConverter.IsLittleEndian)
        {
            for (; i <= values.Length - (2 * Vector256<uint>.Count); i += 2 * Vector256<uint>.Count)
            {
                Vector256<uint> lower = Round(Vector256.LoadUnsafe(ref source, (nuint)i));
                Vector256<uint> upper = Round(Vector256.LoadUnsafe(ref source, (nuint)i + 8));
                Vector256.Narrow(lower, upper).AsByte().StoreUnsafe(ref target, 2 * (nuint)i);
            }
        }

        for (; i < values.Length; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * i)..], Round(BitConverter.SingleToUInt32Bits(values[i])));
    }

    /// <summary>The float32 numbers of the bfloat16 numbers nearest to them, rounded as by <see cref="ToBfloat16"/>.</summary>
    /// <param name="values">Any numbers, replaced.</param>
    public static void RoundToBfloat16(Span<float> values)
    {
        ref uint bits = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(values));
        int i = 0;
        for (; i <= values.Length - Vector256<uint>.Count; i += Vector256<uint>.Count)
            Vector256.ShiftLeft(Round(Vector256.LoadUnsafe(ref bits, (nuint)i)), 16).StoreUnsafe(ref bits, (nuint)i);
        for (; i < values.Length; i++)
            values[i] = BitConverter.UInt32BitsToSingle((uint)Round(BitConverter.SingleToUInt32Bits(values[i])) << 16);
    }

    /// <summary>Rounds to bfloat16 in pairs of a number of the first half, in a word's lower half, and the same one of the second.</summary>
    internal static void ToBfloat16Pairs(ReadOnlySpan<float> values, Span<uint> pairs)
    {
        Check(pairs.Length * sizeof(uint), values.Length);
        ref uint first = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(values));
        ref uint second = ref Unsafe.Add(ref first, pairs.Length);
        int i = 0;
        for (; i <= pairs.Length - Vector256<uint>.Count; i += Vector256<uint>.Count)
        {
            Vector256<uint> lower = Round(Vector256.LoadUnsafe(ref first, (nuint)i)), upper = Round(Vector256.LoadUnsafe(ref second, (nuint)i));
            (lower | Vector256.ShiftLeft(upper, 16)).StoreUnsafe(ref MemoryMarshal.GetReference(pairs), (nuint)i);
        }

        for (; i < pairs.Length; i++)
            pairs[i] = Round(Unsafe.Add(ref first, i)) | ((uint)Round(Unsafe.Add(ref second, i)) << 16);
    }

    private static void Check(int bytes, int values)
    {
        if (bytes != 2L * values)
            throw new ArgumentException($"{bytes} bytes for {values} numbers of 2 bytes each");
    }

    // A half's exponent and fraction, shifted into place, is the number divided by 2¹¹², subnormals included; the product is exact.
    private static float WidenHalf(ushort bits)
    {
        uint magnitude = (bits & 0x7FFFu) << 13;
        uint widened = magnitude >= HalfInfinity
            ? magnitude | SingleInfinity
            : BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle(magnitude) * BiasFactor);
        return BitConverter.UInt32BitsToSingle(widened | ((bits & 0x8000u) << 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> WidenHalf(Vector256<uint> bits)
    {
        Vector256<uint> magnitude = Vector256.ShiftLeft(bits & Vector256.Create(0x7FFFu), 13);
        Vector256<uint> scaled = (magnitude.AsSingle() * BiasFactor).AsUInt32();
        Vector256<uint> isSpecial = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(HalfInfinity));
        Vector256<uint> widened = Vector256.ConditionalSelect(isSpecial, magnitude | Vector256.Create(SingleInfinity), scaled);
        return widened | Vector256.ShiftLeft(bits & Vector256.Create(0x8000u), 16);
    }

    private static ushort Round(uint bits) => (bits & 0x7FFFFFFF) > SingleInfinity
        ? (ushort)((bits >> 16) | 0x40)
        : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Round(Vector256<uint> bits)
    {
        Vector256<uint> upper = Vector256.ShiftRightLogical(bits, 16);
        Vector256<uint> rounded = Vector256.ShiftRightLogical(bits + Vector256.Create(0x7FFFu) + (upper & Vector256<uint>.One), 16);
        Vector256<uint> isNaN = Vector256.GreaterThan(bits & Vector256.Create(0x7FFFFFFFu), Vector256.Create(SingleInfinity));
        return Vector256.ConditionalSelect(isNaN, upper | Vector256.Create(0x40u), rounded);
    }
}
