using System.Reflection;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>Single-precision arithmetic of the kernels: the same operations, each rounded once, on every accelerator that has them.</summary>
/// <remarks>
/// 2^y and e^x are <see cref="VectorMath"/>'s polynomials with explicit fused multiply-adds, so no mathematical library of the device is
/// used. What PTX has an instruction for is emitted as that one; elsewhere the bodies run, which give the same bits.
/// </remarks>
internal static class DeviceMath
{
    /// <summary>From there down 2^y is rounded to the least normal number.</summary>
    public const float LowestExponent = -126f;

    /// <summary>From there down e^x is 0.</summary>
    public const float LowestArgument = -87f;

    // 1.5 · 2²³ + 127: adding it leaves the nearest integer, raised by the bias of exponents, in the low bits of the sum.
    private const float Round = 12583039f;

    /// <summary>a · b + c, rounded once.</summary>
    [IntrinsicImplementation]
    public static float MultiplyAdd(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    /// <summary>The larger; NaN when one is NaN.</summary>
    [IntrinsicImplementation]
    public static float Max(float a, float b) => MathF.Max(a, b);

    /// <summary>A half's value.</summary>
    [IntrinsicImplementation]
    public static float OfHalf(ushort bits) => (float)BitConverter.UInt16BitsToHalf(bits);

    /// <summary>Two halves, the first in the low bits, each rounded to nearest even.</summary>
    [IntrinsicImplementation]
    public static uint ToHalves(float low, float high) =>
        BitConverter.HalfToUInt16Bits((System.Half)low) | ((uint)BitConverter.HalfToUInt16Bits((System.Half)high) << 16);

    /// <summary>Two bfloat16 numbers, the first in the low bits, each rounded to nearest even.</summary>
    [IntrinsicImplementation]
    public static uint ToBFloats(float low, float high) => ToBFloat(low) | (ToBFloat(high) << 16);

    public static bool IsNaN(float value) => (Interop.FloatAsInt(value) & 0x7FFFFFFF) > 0x7F800000;

    public static bool IsFinite(float value) => (Interop.FloatAsInt(value) & 0x7FFFFFFF) < 0x7F800000;

    /// <summary>2^y for y in [<see cref="LowestExponent"/>, 127]; NaN stays NaN.</summary>
    public static float Exp2(float y)
    {
        float shifted = y + Round;
        float f = y - (shifted - Round);
        float p = MultiplyAdd(1.3264727247e-3f, f, 9.6715126882e-3f);
        p = MultiplyAdd(p, f, 5.5507337436e-2f);
        p = MultiplyAdd(p, f, 2.4022242085e-1f);
        p = MultiplyAdd(p, f, 6.9314697760e-1f);
        p = MultiplyAdd(p, f, 1f);
        return p * Scale(shifted);
    }

    /// <summary>e^x for x ≤ 0, at most 1 ulp off; 0 from <see cref="LowestArgument"/> down; NaN stays NaN.</summary>
    public static float Exp(float x)
    {
        float bounded = x < LowestArgument ? LowestArgument : x;
        float shifted = MultiplyAdd(bounded, 1.44269504f, Round);
        float n = shifted - Round;
        float r = MultiplyAdd(n, -0.693147182464599609375f, bounded);
        r = MultiplyAdd(n, 1.904654299957767e-9f, r);
        float p = MultiplyAdd(1.9875691500e-4f, r, 1.3981999507e-3f);
        p = MultiplyAdd(p, r, 8.3334519073e-3f);
        p = MultiplyAdd(p, r, 4.1665795894e-2f);
        p = MultiplyAdd(p, r, 1.6666665459e-1f);
        p = MultiplyAdd(p, r, 5.0000001201e-1f);
        p = MultiplyAdd(p, r * r, r) + 1f;
        return x < LowestArgument ? 0f : p * Scale(shifted);
    }

    /// <summary>Tells the PTX backend the instructions of this class.</summary>
    public static void Register(Context.Builder builder)
    {
        IntrinsicImplementationManager manager = builder.GetIntrinsicManager();
        foreach ((string method, string generator) in new[]
        {
            (nameof(MultiplyAdd), nameof(EmitMultiplyAdd)), (nameof(Max), nameof(EmitMax)), (nameof(OfHalf), nameof(EmitOfHalf)),
            (nameof(ToHalves), nameof(EmitToHalves)), (nameof(ToBFloats), nameof(EmitToBFloats)),
        })
        {
            MethodInfo target = typeof(DeviceMath).GetMethod(method)!;
            MethodInfo handler = typeof(DeviceMath).GetMethod(generator, BindingFlags.NonPublic | BindingFlags.Static)!;
            manager.RegisterMethod(target, new PTXIntrinsic(handler, IntrinsicImplementationMode.GenerateCode));
        }
    }

    // 2ⁿ, with n in the low bits of the shifted argument.
    private static float Scale(float shifted) => Interop.IntAsFloat(Interop.FloatAsInt(shifted) << 23);

    private static uint ToBFloat(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? 0x7FFF : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    }

    private static void EmitMultiplyAdd(PTXBackend backend, PTXCodeGenerator code, Value value) => Emit(code, value, "fma.rn.f32", 0, 1, 2);

    private static void EmitMax(PTXBackend backend, PTXCodeGenerator code, Value value) => Emit(code, value, "max.NaN.f32", 0, 1);

    private static void EmitOfHalf(PTXBackend backend, PTXCodeGenerator code, Value value) => Emit(code, value, "cvt.f32.f16", 0);

    private static void EmitToHalves(PTXBackend backend, PTXCodeGenerator code, Value value) => Emit(code, value, "cvt.rn.f16x2.f32", 1, 0);

    private static void EmitToBFloats(PTXBackend backend, PTXCodeGenerator code, Value value) => Emit(code, value, "cvt.rn.bf16x2.f32", 1, 0);

    private static void Emit(PTXCodeGenerator code, Value value, string instruction, params ReadOnlySpan<int> operands)
    {
        var sources = new RegisterAllocator<PTXRegisterKind>.PrimitiveRegister[operands.Length];
        for (int i = 0; i < operands.Length; i++) sources[i] = code.LoadPrimitive(value[operands[i]]);
        RegisterAllocator<PTXRegisterKind>.HardwareRegister target = code.AllocateHardware(value);
        using PTXCodeGenerator.CommandEmitter command = code.BeginCommand(instruction);
        command.AppendArgument(target);
        foreach (RegisterAllocator<PTXRegisterKind>.PrimitiveRegister source in sources) command.AppendArgument(source);
    }
}
