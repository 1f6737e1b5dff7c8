using System.Text;

namespace RlmEngine.Kernels.Ilgpu.Cuda;

/// <summary>The kernels of one device, each compiled and loaded when it is first launched.</summary>
internal sealed unsafe class CudaModules(CudaDevice device) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(CudaKernel, LogitType), Loaded> _loaded = [];
    private PtxCompiler? _compiler;

    private sealed record Loaded(nint Module, nint Function, PtxKernel Ptx);

    /// <summary>Launches a kernel; its device's context must be current.</summary>
    /// <exception cref="CudaException">The driver refuses.</exception>
    /// <exception cref="InvalidOperationException">The arguments are not the kernel's.</exception>
    public void Launch(CudaKernel kernel, LogitType type, int groups, int groupSize, KernelArguments arguments, nint stream)
    {
        Loaded loaded = Get(kernel, type);
        if (!arguments.Sizes.SequenceEqual(loaded.Ptx.ParameterSizes))
            throw new InvalidOperationException($"{kernel} takes parameters of {string.Join(", ", loaded.Ptx.ParameterSizes)} bytes");
        fixed (byte* bytes = arguments.Bytes)
        {
            int count = arguments.Sizes.Count;
            void** pointers = stackalloc void*[count];
            for (int i = 0; i < count; i++) pointers[i] = bytes + arguments.OffsetOf(i);
            int result = CudaDriver.cuLaunchKernel(loaded.Function, (uint)groups, 1, 1, (uint)groupSize, 1, 1, 0, stream, pointers, null);
            CudaDriver.Check(result, $"launch {kernel}");
        }
    }

    public void Dispose()
    {
        using (device.Enter())
        {
            foreach (Loaded loaded in _loaded.Values) CudaDriver.Check(CudaDriver.cuModuleUnload(loaded.Module), "unload a kernel");
        }

        _loaded.Clear();
        _compiler?.Dispose();
    }

    private Loaded Get(CudaKernel kernel, LogitType type)
    {
        if (!KernelCatalog.ReadsLogits(kernel)) type = LogitType.Float32;
        lock (_gate)
        {
            if (_loaded.TryGetValue((kernel, type), out Loaded? loaded)) return loaded;
            _compiler ??= new PtxCompiler();
            PtxKernel ptx = _compiler.Compile(kernel, type);
            byte[] image = Encoding.UTF8.GetBytes(ptx.Text + '\0');
            nint module;
            fixed (byte* bytes = image) CudaDriver.Check(CudaDriver.cuModuleLoadDataEx(out module, bytes, 0, null, null), $"compile {kernel}");
            CudaDriver.Check(CudaDriver.cuModuleGetFunction(out nint function, module, ptx.EntryPoint), $"find {ptx.EntryPoint}");
            return _loaded[(kernel, type)] = new Loaded(module, function, ptx);
        }
    }
}
