using RlmEngine.Checkpoints;

namespace RlmEngine.Transformer;

/// <summary>Holds a folder's tensors against a model's shape before anything of the model's size is allocated.</summary>
internal static class WeightFiles
{
    private const string Embedding = "model.embed_tokens.weight";
    private const string Head = "lm_head.weight";

    // Frequencies that old exports stored; they follow from config.json.
    private const string Derived = ".rotary_emb.inv_freq";

    /// <summary>Refuses a folder that is not exactly this model.</summary>
    /// <remarks>
    /// A tied model may hold lm_head.weight, as Qwen3-0.6B does: its bytes must then be the embedding's, since a loader that
    /// ignores it and one that does not would run different models.
    /// </remarks>
    /// <exception cref="InvalidDataException">A tensor is missing, of another type or shape, unknown, or tied and not equal.</exception>
    public static void Check(ModelConfig config, SafetensorsFolder files)
    {
        HashSet<string> known = [];
        foreach (WeightTensor tensor in new WeightLayout(config).Tensors)
        {
            if (tensor.Name == Head && !files.Contains(Head))
                throw new InvalidDataException($"{files.Path}: tensor \"{Head}\" is missing and config.json does not tie it (tie_word_embeddings is false)");
            _ = files.FileOf(tensor.Name).Expect(tensor.Name, TransformerPolicy.ShapeOf(tensor));
            _ = known.Add(tensor.Name);
        }

        foreach (SafetensorsEntry entry in files.Tensors.Where(entry => !known.Contains(entry.Name)))
        {
            if (entry.Name == Head)
                RequireTied(files);
            else if (!entry.Name.EndsWith(Derived, StringComparison.Ordinal))
                throw Unknown(entry.Name, config, files);
        }
    }

    private static void RequireTied(SafetensorsFolder files)
    {
        SafetensorsFile file = files.FileOf(Head);
        if (!file.HasSame(Head, files.FileOf(Embedding), Embedding))
            throw new InvalidDataException($"{file.Path}: tensor \"{Head}\" differs from \"{Embedding}\", to which config.json ties it (tie_word_embeddings is true)");
    }

    private static InvalidDataException Unknown(string name, ModelConfig config, SafetensorsFolder files) =>
        new($"{files.FileOf(name).Path}: tensor {SafetensorsEntry.Shown(name)} is none of a {config.Family} model of {config.Layers} layers; "
            + "a folder whose config.json describes all its tensors is needed");
}
