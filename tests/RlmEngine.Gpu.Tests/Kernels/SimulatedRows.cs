using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime.CPU;
using RlmEngine.Kernels.Ilgpu;
using RlmEngine.Kernels.Ilgpu.Device;

namespace RlmEngine.Gpu.Tests.Kernels;

/// <summary>An accelerator of a few simulated threads, and rows of logits of any type on it.</summary>
internal sealed class SimulatedRows : IDisposable
{
    private readonly Context _context;

    public SimulatedRows(int lanes, int warps)
    {
        _context = IlgpuContext.Create(builder => builder.CPU(new CPUDevice(Math.Max(2, lanes), warps, 1)));
        Accelerator = _context.CreateCPUAccelerator(0);
    }

    public CPUAccelerator Accelerator { get; }

    /// <summary>Row kernels with one thread a row.</summary>
    public AcceleratorRows<TFormat, TBits, Warp1> Rows<TFormat, TBits>(bool isAligned = true)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged => new(Accelerator, 1) { IsAligned = isAligned ? 1 : 0 };

    /// <summary>What logits of a type hold, in bits of the type and in single precision.</summary>
    public static (TBits[] Bits, float[] Values) Round<TBits>(float[] logits, LogitType type)
        where TBits : unmanaged
    {
        uint[] bits = [.. logits.Select(x => type switch
        {
            LogitType.Float16 => BitConverter.HalfToUInt16Bits((System.Half)x),
            LogitType.BFloat16 => DeviceMath.ToBFloats(x, 0f),
            _ => BitConverter.SingleToUInt32Bits(x),
        })];
        float[] values = [.. bits.Select(b => Value(b, type))];
        TBits[] stored = type == LogitType.Float32
            ? [.. MemoryMarshal.Cast<uint, TBits>(bits)]
            : [.. MemoryMarshal.Cast<ushort, TBits>(bits.Select(b => (ushort)b).ToArray())];
        return (stored, values);
    }

    public static float Value(uint bits, LogitType type) => type switch
    {
        LogitType.Float16 => (float)BitConverter.UInt16BitsToHalf((ushort)bits),
        LogitType.BFloat16 => BitConverter.UInt32BitsToSingle(bits << 16),
        _ => BitConverter.UInt32BitsToSingle(bits),
    };

    public void Dispose()
    {
        Accelerator.Dispose();
        _context.Dispose();
    }
}
