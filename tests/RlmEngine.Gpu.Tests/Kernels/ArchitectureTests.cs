using System.Reflection;
using RlmEngine.Kernels.Ilgpu;

namespace RlmEngine.Gpu.Tests.Kernels;

/// <summary>Who may know whom in the GPU flavour.</summary>
[TestFixture]
internal sealed class ArchitectureTests
{
    [Test]
    public void Kernels_KnowIlgpuAndTheProcessorsKernels_AndNothingElse()
    {
        IEnumerable<string> references = typeof(IlgpuRolloutKernels).Assembly.GetReferencedAssemblies()
            .Select((AssemblyName name) => name.Name!).Where(name => !name.StartsWith("System.", StringComparison.Ordinal));
        Assert.That(references, Is.EquivalentTo(["ILGPU", "RlmEngine.Kernels"]));
    }
}
