using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace RlmEngine.Kernels.Ilgpu.Cuda;

/// <summary>The PTX of one kernel.</summary>
/// <param name="Text">PTX for sm_80 and later.</param>
/// <param name="EntryPoint">Name of its entry.</param>
/// <param name="ParameterSizes">Bytes of each parameter, in order.</param>
internal sealed record PtxKernel(string Text, string EntryPoint, IReadOnlyList<int> ParameterSizes);

/// <summary>ILGPU as a compiler alone: a kernel's method to PTX text. Needs no GPU and no CUDA toolkit.</summary>
/// <remarks>
/// Additions and multiplications are marked as rounded one by one, so that the assembler does not fuse them as it likes: a row then has the
/// same bits in every kernel, and those that the CPU's accelerator gives.
/// </remarks>
internal sealed partial class PtxCompiler : IDisposable
{
    private readonly Context _context = IlgpuContext.Create(builder => builder.CPU(new CPUDevice(2, 1, 1)));
    private readonly PTXBackend _backend;

    public PtxCompiler() => _backend = new PTXBackend(_context, CudaArchitecture.SM_80, CudaInstructionSet.ISA_70, null!);

    public PtxKernel Compile(CudaKernel kernel, LogitType type)
    {
        var entry = EntryPointDescription.FromExplicitlyGroupedKernel(KernelCatalog.MethodOf(kernel, type));
        CompiledKernel compiled = _backend.Compile(entry, default);
        string text = Rounded().Replace(((PTXCompiledKernel)compiled).PTXAssembly, "$1.rn.f32");
        Match header = Entry().Match(text);
        int[] sizes = [.. Parameter().Matches(header.Groups[2].Value).Select(SizeOf)];
        return new PtxKernel(text, header.Groups[1].Value, sizes);
    }

    public void Dispose()
    {
        _backend.Dispose();
        _context.Dispose();
    }

    private static int SizeOf(Match parameter) =>
        parameter.Groups[2].Success ? int.Parse(parameter.Groups[2].ValueSpan) : int.Parse(parameter.Groups[1].ValueSpan) / 8;

    [GeneratedRegex(@"\b(add|sub|mul)\.f32")]
    private static partial Regex Rounded();

    [GeneratedRegex(@"\.visible \.entry (\w+)\(([^)]*)\)")]
    private static partial Regex Entry();

    [GeneratedRegex(@"\.param (?:\.align \d+ )?\.[bfus](\d+) \w+(?:\[(\d+)\])?")]
    private static partial Regex Parameter();
}
