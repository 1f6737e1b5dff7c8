using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using RlmEngine.Perf;
using RlmEngine.Perf.Growth;
using RlmEngine.Perf.Peers;
using RlmEngine.Perf.Scale;

// `peers` compares with PyTorch, `work NAME` is one side of such a comparison, `compute` compares float32 with bfloat16 products,
// `scale` takes a large model's step and rollouts, `growth` plots cost and memory against sizes,
// everything else are BenchmarkDotNet's options.
if (args is ["peers", .. var peers]) return PeerComparison.Run(peers);
if (args is ["work", .. var work]) return WorkloadServer.Serve(work);
if (args is ["scale", .. var scale]) return ScaleMeasurement.Run(scale);
if (args is ["growth", .. var growth]) return GrowthMeasurement.Run(growth);
if (args is ["compute", .. var compute]) return ComputeComparison.Run(compute);

// In process: the benchmark runs the assembly that was built and tested, and needs no second restore and build.
IConfig config = DefaultConfig.Instance.AddJob(
    Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(8));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
return 0;
