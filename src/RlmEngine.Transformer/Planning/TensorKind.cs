using System.Globalization;
using System.Text.RegularExpressions;
using RlmEngine.Checkpoints;

namespace RlmEngine.Transformer.Planning;

/// <summary>Tensors that differ in their layer alone.</summary>
/// <param name="Name">Name, the layers in braces: model.layers.{0-27}.mlp.up_proj.weight.</param>
/// <param name="Count">How many.</param>
/// <param name="Type">Element type as the file names it.</param>
/// <param name="Shape">Extents of each, outermost first.</param>
/// <param name="Bytes">Bytes of all of them.</param>
public sealed partial record TensorKind(string Name, int Count, string Type, IReadOnlyList<long> Shape, long Bytes)
{
    /// <summary>Gathers tensors by kind, in the order they first come.</summary>
    public static IReadOnlyList<TensorKind> Of(IEnumerable<SafetensorsEntry> tensors) =>
    [
        .. tensors.GroupBy(tensor => (Pattern: Layer().Replace(tensor.Name, ".*.", 1), tensor.Type, tensor.ShapeText))
            .Select(kind => new TensorKind(
                NameOf([.. kind.Select(tensor => tensor.Name)], kind.Key.Pattern), kind.Count(), kind.Key.Type, kind.First().Shape,
                kind.Sum(tensor => tensor.Bytes))),
    ];

    private static string NameOf(IReadOnlyList<string> names, string pattern)
    {
        if (names.Count == 1)
            return names[0];
        List<int> layers = [.. names.Select(name => int.Parse(Layer().Match(name).Groups[1].Value, CultureInfo.InvariantCulture)).Order()];
        bool isRun = layers[^1] - layers[0] == layers.Count - 1;
        string text = isRun ? $"{layers[0]}-{layers[^1]}" : $"{layers.Count} of {layers[0]}-{layers[^1]}";
        return pattern.Replace(".*.", $".{{{text}}}.", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\.(\d{1,9})\.", RegexOptions.CultureInvariant)]
    private static partial Regex Layer();
}
