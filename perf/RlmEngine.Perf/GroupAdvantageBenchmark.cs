using BenchmarkDotNet.Attributes;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Perf;

/// <summary>Advantages of a batch of groups of eight.</summary>
[MemoryDiagnoser]
public class GroupAdvantageBenchmark
{
    private const int GroupSize = 8;
    private readonly VectorRolloutKernels _kernels = new();
    private readonly ScalarRolloutKernels _reference = new();
    private float[] _rewards = [], _advantages = [];

    [Params(16, 128, 1024)]
    public int Prompts { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _rewards = PerfShape.Numbers(Prompts * GroupSize, 1);
        _advantages = new float[_rewards.Length];
    }

    [Benchmark(Baseline = true)]
    public int AdvantagesReference() => Advantages(_reference);

    [Benchmark]
    public int Advantages() => Advantages(_kernels);

    private int Advantages(IRolloutKernels kernels) =>
        kernels.Advantages(_rewards, GroupSize, AdvantageScale.Std, AdvantageLevel.Group, 1e-4, _advantages);
}
