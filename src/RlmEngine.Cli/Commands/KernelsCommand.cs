using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using RlmEngine.Kernels;
using RlmEngine.Kernels.Dense;
using RlmEngine.Metrics;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm kernels`: the backends and vector units of this machine, its limits, and what the kernels reach of them.</summary>
internal sealed record KernelsCommand
{
    private const string Processor = "cpu";

    /// <summary>The command.</summary>
    public static Command Create(CommandConsole console)
    {
        Command command = new("kernels", "Show which kernel backends and vector units are present, and their speed against the machine's limits.");
        Option<string> device = new("--device")
        {
            Description = "cpu, or in the GPU flavour cuda or cuda:N: the rollout kernels' bandwidth there, against its copy and torch.",
            DefaultValueFactory = _ => Processor,
        };
        Option<string?> csv = new("--csv") { Description = "With cuda: write the figures to this file, too." };
        command.Options.Add(device);
        command.Options.Add(csv);
        command.SetAction(result => RunOn(result.GetValue(device) ?? Processor, result.GetValue(csv), console));
        return command;
    }

    private static int RunOn(string device, string? csv, CommandConsole console)
    {
        if (device == Processor) return new KernelsCommand().Run(console);
        int ordinal = 0;
        bool isNumbered = device.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out ordinal);
        if (device != "cuda" && !isNumbered) throw Wrong($"\"{device}\" is not possible; cpu, cuda or cuda:N is needed");
#if GPU
        return Gpu.CudaKernelReport.Run(console, ordinal, csv);
#else
        throw Wrong($"\"cuda:{ordinal}\" is of the GPU flavour, which is built by: dotnet build -c Release -p:Gpu=true (README, GPU); cpu is here");
#endif
    }

    private static UserInputException Wrong(string problem) => new("--device", 0, "", problem);

    /// <summary>Writes what is there at once, then measures for a few seconds.</summary>
    public int Run(CommandConsole console)
    {
        console.Out.WriteLine($"runtime   {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
        console.Out.WriteLine($"cores     {Environment.ProcessorCount}, {WorkPool.Threads} threads used");
        console.Out.WriteLine($"vectors   {VectorWidth.Bits} bits{(Fma.IsSupported ? ", fused multiply-add" : "")}");
        console.Out.WriteLine("backends  cpu");
        console.Out.WriteLine();
        var limits = MachineLimits.Measure();
        console.Out.WriteLine($"{"limits of this machine",-32}{"one core",16}{"all threads",16}");
        console.Out.WriteLine($"{"fused multiply-adds",-32}{Giga(limits.FlopsOneCore, "FLOP/s"),16}{Giga(limits.FlopsAllCores, "FLOP/s"),16}");
        console.Out.WriteLine($"{"reading memory",-32}{Giga(limits.ReadBytesOneCore, "B/s"),16}{Giga(limits.ReadBytesAllCores, "B/s"),16}");
        console.Out.WriteLine();
        console.Out.WriteLine($"{"kernel, all threads",-38}{"time",10}{"speed",16}{"of the limit",16}");
        foreach (KernelSpeed speed in KernelSpeed.Measure(limits))
            console.Out.WriteLine($"{speed.Name,-38}{speed.Seconds * 1e3,7:F2} ms{Giga(speed.Rate, speed.Unit),16}{speed.Rate / speed.Limit,14:P0}");
        return ExitCode.Done;
    }

    private static string Giga(double perSecond, string unit) => $"{perSecond / 1e9:F1} G{unit}";
}
