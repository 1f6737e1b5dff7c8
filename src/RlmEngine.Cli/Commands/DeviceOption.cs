using System.CommandLine;
using RlmEngine.Metrics;
#if GPU
using RlmEngine.Torch;
#endif
using RlmEngine.Training;
using RlmEngine.Transformer;

namespace RlmEngine.Cli.Commands;

/// <summary>The option --device of commands that run a recipe's policy: the embedded transformer, or in the GPU flavour libtorch.</summary>
internal sealed class DeviceOption
{
    private const string Name = "--device";
    private const string Embedded = "cpu";

    private readonly Option<string> _device = new(Name)
    {
        Description = "cpu: the embedded transformer. In the GPU flavour also torch-cpu, cuda and cuda:N: the same models on libtorch.",
        DefaultValueFactory = _ => Embedded,
        HelpName = "NAME",
    };

    /// <summary>Adds it to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(_device);

    /// <summary>What makes and loads policies on the device the user chose.</summary>
    /// <exception cref="UserInputException">No such device, or not in this flavour.</exception>
    public IPolicyFactory Of(ParseResult result) => FactoryOf(result.GetValue(_device) ?? Embedded);

    /// <inheritdoc cref="Of"/>
    public static IPolicyFactory FactoryOf(string device) => device == Embedded
        ? new TransformerPolicyFactory()
        : OfGpuFlavour(device) ?? throw Wrong($"\"{device}\" is not possible; cpu, torch-cpu, cuda or cuda:N is needed");

#if GPU
    private static TorchPolicyFactory? OfGpuFlavour(string device) => TorchDevice.Parse(device) is { } found ? new TorchPolicyFactory(found) : null;
#else
    private static IPolicyFactory? OfGpuFlavour(string device) => device is "torch-cpu" or "cuda" || device.StartsWith("cuda:", StringComparison.Ordinal)
        ? throw Wrong($"\"{device}\" is of the GPU flavour, which is built by: dotnet build -c Release -p:Gpu=true (README, GPU); cpu is here")
        : null;
#endif

    private static UserInputException Wrong(string problem) => new(Name, 0, "", problem);
}
