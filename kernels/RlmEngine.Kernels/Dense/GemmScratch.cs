namespace RlmEngine.Kernels.Dense;

/// <summary>Memory a thread needs while it multiplies.</summary>
internal static class GemmScratch
{
    [ThreadStatic]
    private static NativeBuffer? t_tail, t_b, t_c;

    public static NativeBuffer Tail => t_tail ??= new NativeBuffer();

    public static NativeBuffer B => t_b ??= new NativeBuffer();

    public static NativeBuffer C => t_c ??= new NativeBuffer();
}
