using System.Reflection;
using RlmEngine.Kernels.Ilgpu.Device;
using RlmEngine.Kernels.Ilgpu.Kernels;

namespace RlmEngine.Kernels.Ilgpu.Cuda;

/// <summary>A kernel that is compiled for CUDA.</summary>
internal enum CudaKernel
{
    Sample,
    LogProb,
    Gradient,
    TopKEntropy,
    BatchDeviation,
    Advantages,
}

/// <summary>The method of every kernel for every type of logits, with warps of 32.</summary>
internal static class KernelCatalog
{
    /// <summary>All kernels with all types; those that read no logits once.</summary>
    public static IEnumerable<(CudaKernel Kernel, LogitType Type)> All =>
        from kernel in Enum.GetValues<CudaKernel>()
        from type in Enum.GetValues<LogitType>()
        where ReadsLogits(kernel) || type == LogitType.Float32
        select (kernel, type);

    public static bool ReadsLogits(CudaKernel kernel) => kernel is not (CudaKernel.BatchDeviation or CudaKernel.Advantages);

    public static MethodInfo MethodOf(CudaKernel kernel, LogitType type) => kernel switch
    {
        CudaKernel.BatchDeviation => typeof(AdvantageKernel).GetMethod(nameof(AdvantageKernel.BatchDeviation))!,
        CudaKernel.Advantages => typeof(AdvantageKernel).GetMethod(nameof(AdvantageKernel.Run))!,
        _ => Generic(kernel, type),
    };

    private static MethodInfo Generic(CudaKernel kernel, LogitType type)
    {
        Type format = type switch
        {
            LogitType.Float32 => typeof(SingleFormat),
            LogitType.Float16 => typeof(HalfFormat),
            _ => typeof(BFloatFormat),
        };
        Type bits = type == LogitType.Float32 ? typeof(uint) : typeof(ushort);
        return kernel switch
        {
            CudaKernel.Sample => typeof(SamplingKernel).GetMethod(nameof(SamplingKernel.Run))!.MakeGenericMethod(format, bits, typeof(Warp32)),
            CudaKernel.LogProb => typeof(LogProbKernel).GetMethod(nameof(LogProbKernel.Run))!.MakeGenericMethod(format, bits, typeof(Warp32)),
            CudaKernel.TopKEntropy => typeof(TopKEntropyKernel).GetMethod(nameof(TopKEntropyKernel.Run))!.MakeGenericMethod(format, bits, typeof(Warp32)),
            _ => typeof(GradientKernel).GetMethod(nameof(GradientKernel.Run))!.MakeGenericMethod(format, bits),
        };
    }
}
