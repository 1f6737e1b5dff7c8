using System.Text.RegularExpressions;
using RlmEngine.Kernels.Ilgpu;
using RlmEngine.Kernels.Ilgpu.Cuda;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Gpu.Tests.Kernels;

/// <summary>What can be said of the CUDA code without a GPU.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class PtxTests
{
    private readonly PtxCompiler _compiler = new();

    private static IEnumerable<TestCaseData> All => KernelCatalog.All.Select(pair => new TestCaseData(pair.Kernel, pair.Type));

    [OneTimeTearDown]
    public void Close() => _compiler.Dispose();

    [TestCaseSource(nameof(All))]
    public void Compile_AnyKernel_StaysInSinglePrecisionAndRegisters(CudaKernel kernel, LogitType type)
    {
        string text = _compiler.Compile(kernel, type).Text;
        Assert.That(text, Does.Not.Contain(".f64").And.Not.Contain(".local"));
        Assert.That(text, Does.Not.Match(@"__nv_|\bcall\b"), "no mathematical library and no function that was not inlined");
        Assert.That(text, Does.Not.Match(@"\.approx|\.full\."), "every operation is rounded to nearest");
    }

    [TestCaseSource(nameof(All))]
    public void Compile_AnyKernel_TargetsWhatEverySupportedDeviceHas(CudaKernel kernel, LogitType type)
    {
        string text = _compiler.Compile(kernel, type).Text;
        int target = int.Parse(Regex.Match(text, @"\.target sm_(\d+)").Groups[1].ValueSpan);
        Assert.That(target, Is.LessThanOrEqualTo(80));
        Assert.That(text, Does.Contain(".version 7.0"));
    }

    [TestCaseSource(nameof(All))]
    public void Compile_AnyKernel_LeavesNothingToFuse(CudaKernel kernel, LogitType type)
    {
        string text = _compiler.Compile(kernel, type).Text;
        Assert.That(text, Does.Not.Match(@"\b(add|sub|mul)\.(ftz\.)?f32"));
        Assert.That(text, Does.Contain("fma.rn.f32"));
        Assert.That(text, Does.Not.Contain("fma.rn.ftz"));
    }

    [TestCaseSource(nameof(All))]
    public void Compile_KernelOfLogits_ReadsSixteenBytesAtOnce(CudaKernel kernel, LogitType type)
    {
        if (!KernelCatalog.ReadsLogits(kernel)) Assert.Pass("reads no logits");
        string text = _compiler.Compile(kernel, type).Text;
        int loads = Regex.Count(text, @"ld\.global\.v4\.b32"), perPack = type == LogitType.Float32 ? 2 : 1;
        // Four packs of eight logits are under way together in a walk, two in the gradient and one at its end.
        Assert.That(loads, Is.GreaterThanOrEqualTo((kernel == CudaKernel.Gradient ? 3 : 4) * perPack));
        if (kernel == CudaKernel.Gradient) Assert.That(Regex.Count(text, @"st\.global\.v4\.b32"), Is.EqualTo(3 * perPack));
        string narrow = type == LogitType.Float32 ? @"ld\.global\.b32" : @"ld\.global\.(b16|u16)";
        Assert.That(text, Does.Match(narrow), "and logit by logit where a row lies askew");
    }

    [TestCase(CudaKernel.LogProb)]
    [TestCase(CudaKernel.Sample)]
    public void Compile_Walk_SeesNaNInItsMaximum(CudaKernel kernel) =>
        Assert.That(_compiler.Compile(kernel, LogitType.BFloat16).Text, Does.Contain("max.NaN.f32"));

    [TestCase(LogitType.Float16, "cvt.rn.f16x2.f32")]
    [TestCase(LogitType.BFloat16, "cvt.rn.bf16x2.f32")]
    public void Compile_Gradient_RoundsTwoNumbersAtOnce(LogitType type, string instruction) =>
        Assert.That(_compiler.Compile(CudaKernel.Gradient, type).Text, Does.Contain(instruction));

    [TestCaseSource(nameof(All))]
    public void Arguments_OfEveryKernel_AreItsParameters(CudaKernel kernel, LogitType type)
    {
        var rows = new CudaRows(256, type, 3, 50_257, 50_304);
        KernelArguments arguments = kernel switch
        {
            CudaKernel.Sample => CudaArguments.Sample(rows, 3, 0, 512, ulong.MaxValue, 1024),
            CudaKernel.LogProb => CudaArguments.LogProb(rows, 1, 2, 1, 3, 4, 5),
            CudaKernel.Gradient => CudaArguments.Gradient(rows, 1, 2, 1, 3, 4, 5, 6),
            CudaKernel.TopKEntropy => CudaArguments.TopKEntropy(rows, 16, 1, 1, 2),
            CudaKernel.BatchDeviation => CudaArguments.BatchDeviation(1, 8, AdvantageScale.Std, 2),
            _ => CudaArguments.Advantages(1, 8, 4, AdvantageScale.Std, AdvantageLevel.Batch, 1e-4, 2, 3, 4),
        };
        Assert.That(arguments.Sizes, Is.EqualTo(_compiler.Compile(kernel, type).ParameterSizes));
    }

    [Test]
    public void Arguments_OfRows_HoldAddressLengthAndAlignment()
    {
        KernelArguments askew = CudaArguments.TopKEntropy(new CudaRows(unchecked((nint)0x1000_0000_0002), LogitType.BFloat16, 3, 100, 128), 16, 1, 1, 2);
        Assert.That(BitConverter.ToInt64(askew.Bytes), Is.EqualTo(0x1000_0000_0002));
        Assert.That(BitConverter.ToInt64(askew.Bytes[8..]), Is.EqualTo((2 * 128) + 100));
        Assert.That(BitConverter.ToInt64(askew.Bytes[askew.OffsetOf(1)..]), Is.EqualTo(128));
        Assert.That(BitConverter.ToInt32(askew.Bytes[askew.OffsetOf(2)..]), Is.EqualTo(100));
        Assert.That(BitConverter.ToInt32(askew.Bytes[askew.OffsetOf(3)..]), Is.Zero, "not at a multiple of sixteen bytes");
        Assert.That(BitConverter.ToSingle(askew.Bytes[askew.OffsetOf(4)..]), Is.EqualTo(MathF.Log(16)).Within(1e-6));
    }

    [Test]
    public void Arguments_OfManyRows_CountIn64Bits()
    {
        KernelArguments large = CudaArguments.TopKEntropy(new CudaRows(256, LogitType.BFloat16, 16_384, 151_936, 151_936), 16, 1, 1, 2);
        Assert.That(BitConverter.ToInt64(large.Bytes[8..]), Is.EqualTo(16_384L * 151_936));
    }
}
