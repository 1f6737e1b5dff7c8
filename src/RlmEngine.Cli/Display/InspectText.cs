using RlmEngine.Checkpoints;
using RlmEngine.Policies;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Cli.Display;

/// <summary>An inspection as lines for a person.</summary>
internal static class InspectText
{
    private const int MostNameColumns = 80;

    /// <summary>Shape, parameters, tokenizer, files and memory.</summary>
    /// <param name="model">The inspection.</param>
    /// <param name="areAllTensors">Every tensor by itself instead of by kind.</param>
    public static IEnumerable<string> Lines(ModelInspection model, bool areAllTensors) =>
    [
        .. Shape(model), .. Tokenizer(model), .. Tensors(model, areAllTensors),
        .. Memory($"train, micro-batches of {model.MicroBatchTokens:N0} tokens{Again(model.Config)}", model.Train),
        .. Memory($"roll out, {model.Rows:N0} rows of {model.Length:N0} tokens", model.Rollout),
        $"            keys and values of one token: {ByteText.Of(MemoryPlan.KeyValueBytesPerToken(model.Config))}",
    ];

    private static string Again(ModelConfig config) => config.Recompute == Recomputation.Layers ? ", layers run again in backward" : "";

    /// <summary>The tensors of files that no config.json describes.</summary>
    public static IEnumerable<string> Lines(ModelFiles files, bool areAllTensors) =>
        [.. Files(files), .. Kinds(areAllTensors ? Each(files.Tensors) : TensorKind.Of(files.Tensors))];

    private static IEnumerable<string> Shape(ModelInspection model)
    {
        ModelConfig c = model.Config;
        ParameterCount p = model.Parameters;
        yield return $"family      {model.Family}, {(c.TieEmbeddings ? "the output head is the embedding (tied)" : "an output head of its own (not tied)")}";
        yield return $"parameters  {p.Total:N0} (embedding {p.Embedding:N0}, output head {(p.Head == 0 ? "tied" : p.Head.ToString("N0", null))}, "
            + $"non-embedding {p.NonEmbedding:N0})";
        yield return $"shape       {c.Layers} layers, hidden {c.HiddenSize}, {c.Heads} query heads and {c.KeyValueHeads} key-value heads of {c.HeadSize}, "
            + $"feedforward {c.IntermediateSize}, vocabulary {c.VocabularySize:N0}{(c.HasBias ? ", q/k/v bias" : "")}{(c.HasHeadNorm ? ", q/k norm" : "")}";
        string scaling = c.RopeScaling is { } scaled ? $", llama3 scaling by {scaled.Factor} from {scaled.OriginalContextLength:N0} tokens" : "";
        yield return $"context     {c.ContextLength:N0} tokens, rope theta {c.RopeTheta:N0}{scaling}";
    }

    private static IEnumerable<string> Tokenizer(ModelInspection model)
    {
        if (model.Tokenizer is not { } tokenizer)
            return ["tokenizer   none"];
        IEnumerable<string> special = tokenizer.Texts.Select(entry => $"{entry.Key} {entry.Value}");
        string unused = tokenizer.UnusedIds > 0 ? $" ({tokenizer.UnusedIds:N0} rows of the model beyond them)" : "";
        return [$"tokenizer   byte-level BPE, {tokenizer.VocabularySize:N0} ids{unused}", $"special     {string.Join(", ", special)}", $"chat        {tokenizer.Chat ?? "a template that is not known"}"];
    }

    private static IEnumerable<string> Tensors(ModelInspection model, bool areAll)
    {
        if (model.Files is not { } files)
            return ["weights     none on disk"];
        return Lines(files, areAll);
    }

    private static IEnumerable<string> Files(ModelFiles files)
    {
        foreach (ModelFile file in files.Files.Concat(files.Others))
            yield return $"{file.Name}: {file.Tensors} tensors, {ByteText.Of(file.Bytes)}";
        string types = string.Join(", ", files.Tensors.GroupBy(tensor => tensor.Type).Select(type => $"{type.Count()} {type.Key}"));
        if (files.Files.Count > 0)
            yield return $"weights     {files.Files.Count} {(files.Files.Count == 1 ? "file" : "shards")}, {ByteText.Of(files.Bytes)}, {files.Numbers} parameters, tensors: {types}";
    }

    private static IEnumerable<string> Kinds(IReadOnlyList<TensorKind> kinds)
    {
        int width = Math.Min(MostNameColumns, kinds.Select(kind => kind.Name.Length).DefaultIfEmpty().Max());
        return kinds.Select(kind =>
            $"  {kind.Name.PadRight(width)}  {kind.Type,-4}  [{string.Join(", ", kind.Shape)}]{(kind.Count > 1 ? $" x {kind.Count}" : "")}  {ByteText.Of(kind.Bytes)}");
    }

    private static IReadOnlyList<TensorKind> Each(IReadOnlyList<SafetensorsEntry> tensors) =>
        [.. tensors.Select(tensor => new TensorKind(tensor.Name, 1, tensor.Type, tensor.Shape, tensor.Bytes))];

    private static IEnumerable<string> Memory(string what, MemoryNeed need)
    {
        yield return $"memory      {ByteText.Of(need.Total)} to {what}";
        (string Name, long Bytes)[] parts =
        [
            ("weights", need.Weights), ("packed copies", need.PackedWeights), ("gradients", need.Gradients), ("moments", need.Moments),
            ("activations", need.Activations), ("logits", need.LogitsTile), ("keys and values", need.KeyValueCache), ("rotary table", need.RotaryTable),
        ];
        yield return "            " + string.Join(", ", parts.Where(part => part.Bytes > 0).Select(part => $"{part.Name} {ByteText.Of(part.Bytes)}"));
    }
}
