using System.CommandLine;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm kernels`: which backends and vector units this machine has.</summary>
internal sealed record KernelsCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CommandConsole console)
    {
        Command command = new("kernels", "Show which kernel backends and vector units are present.");
        command.SetAction(_ => new KernelsCommand().Run(console));
        return command;
    }

    /// <summary>Writes one line per fact.</summary>
    public int Run(CommandConsole console)
    {
        console.Out.WriteLine($"runtime   {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
        console.Out.WriteLine($"cores     {Environment.ProcessorCount}");
        console.Out.WriteLine($"vectors   {VectorBits} bits{(Fma.IsSupported ? ", fused multiply-add" : "")}");
        console.Out.WriteLine("backends  cpu");
        return ExitCode.Done;
    }

    private static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;
}
