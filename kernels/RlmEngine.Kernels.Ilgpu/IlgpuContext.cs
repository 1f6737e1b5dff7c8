using ILGPU;
using RlmEngine.Kernels.Ilgpu.Device;

namespace RlmEngine.Kernels.Ilgpu;

/// <summary>Makes ILGPU contexts that know the kernels' instructions.</summary>
public static class IlgpuContext
{
    /// <summary>A context for this assembly's kernels.</summary>
    /// <param name="configure">Adds devices to it.</param>
    /// <returns>The context; the caller disposes of it.</returns>
    public static Context Create(Action<Context.Builder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Context.Create(builder =>
        {
            builder.Optimize(OptimizationLevel.O2);
            DeviceMath.Register(builder);
            configure(builder);
        });
    }
}
