using System.CommandLine;
using RlmEngine.Metrics;
using RlmEngine.Policies;

namespace RlmEngine.Cli.Commands;

/// <summary>The option --compute of commands that run or inspect a model: model.compute of a recipe.</summary>
internal sealed class ComputeOption
{
    private const string Name = "--compute";

    private readonly Option<string> _type = new(Name)
    {
        Description = "What products read: float32, or bfloat16 with float32 masters.",
        DefaultValueFactory = _ => "float32",
        HelpName = "TYPE",
    };

    /// <summary>Adds it to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(_type);

    /// <summary>What the user chose.</summary>
    /// <exception cref="UserInputException">No such type.</exception>
    public WeightType Of(ParseResult result) => result.GetValue(_type) switch
    {
        "float32" => WeightType.Float32,
        "bfloat16" => WeightType.Bfloat16,
        var other => throw new UserInputException(Name, 0, "", $"\"{other}\" is not possible; float32 or bfloat16 is needed"),
    };
}
