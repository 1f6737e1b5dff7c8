using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;
using NUnit.Framework.Internal.Builders;
using RlmEngine.Kernels.Ilgpu.Cuda;

namespace RlmEngine.Gpu.Tests.Kernels;

/// <summary>A fixture that has tests only where there is an NVIDIA device; that there is none is said once, not by every test.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class CudaFixtureAttribute : NUnitAttribute, IFixtureBuilder2
{
    private readonly NUnitTestFixtureBuilder _builder = new();

    public IEnumerable<TestSuite> BuildFrom(ITypeInfo typeInfo) => BuildFrom(typeInfo, new Tests(Exist: true));

    public IEnumerable<TestSuite> BuildFrom(ITypeInfo typeInfo, IPreFilter filter) =>
        [_builder.BuildFrom(typeInfo, CudaDevice.Missing() is null ? filter : new Tests(Exist: false))];

    private sealed record Tests(bool Exist) : IPreFilter
    {
        public bool IsMatch(Type type) => Exist;

        public bool IsMatch(Type type, System.Reflection.MethodInfo method) => Exist;
    }
}
