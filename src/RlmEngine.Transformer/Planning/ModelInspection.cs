using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;
using RlmEngine.Tokenization.Chat;

namespace RlmEngine.Transformer.Planning;

/// <summary>What a model's folder, or a config.json alone, says before anything is loaded.</summary>
public sealed record ModelInspection
{
    private const string ConfigFile = "config.json";

    /// <summary>The folder or file.</summary>
    public required string Path { get; init; }

    /// <summary>The shape.</summary>
    public required ModelConfig Config { get; init; }

    /// <summary>Its parameters.</summary>
    public required ParameterCount Parameters { get; init; }

    /// <summary>The weights' files; null for a config.json without any.</summary>
    public ModelFiles? Files { get; init; }

    /// <summary>The tokenizer; null where the folder has none.</summary>
    public TokenizerInspection? Tokenizer { get; init; }

    /// <summary>Memory of a training step with the micro-batch asked for.</summary>
    public required MemoryNeed Train { get; init; }

    /// <summary>Memory of rollouts of the size asked for.</summary>
    public required MemoryNeed Rollout { get; init; }

    /// <summary>Rows of the micro-batch.</summary>
    public required int MicroBatchTokens { get; init; }

    /// <summary>Rows decoded side by side.</summary>
    public required int Rows { get; init; }

    /// <summary>Tokens of each of them.</summary>
    public required int Length { get; init; }

    /// <summary>The family's name in config.json.</summary>
    public string Family => Config.Family switch
    {
        ModelFamily.Llama => "llama",
        ModelFamily.Qwen2 => "qwen2",
        ModelFamily.Qwen3 => "qwen3",
        _ => throw new InvalidOperationException($"{Config.Family} has no name"),
    };

    /// <summary>Reads config.json, the headers of the weights' files and the tokenizer.</summary>
    /// <param name="path">A model's folder, or a config.json.</param>
    /// <param name="microBatchTokens">Rows of a micro-batch.</param>
    /// <param name="rows">Rows decoded side by side.</param>
    /// <param name="length">Tokens of each; 0, or more than the context, means the context.</param>
    /// <param name="compute">What products read: float32 weights, or their bfloat16 roundings.</param>
    /// <param name="recompute">What backward computes again.</param>
    /// <exception cref="InvalidDataException">A file is damaged, not supported, or does not fit the others.</exception>
    public static ModelInspection Of(
        string path, int microBatchTokens, int rows, int length, WeightType compute = WeightType.Float32, Recomputation recompute = Recomputation.None)
    {
        bool isFolder = Directory.Exists(path);
        string configPath = isFolder ? System.IO.Path.Combine(path, ConfigFile) : path;
        ModelConfig config = HuggingFaceConfig.Read(configPath) with { Compute = compute, Recompute = recompute };
        ModelFiles? files = isFolder ? ModelFiles.Read(path) : null;
        files = files is { Files.Count: 0 } ? null : files;
        try
        {
            var parameters = ParameterCount.Of(config);
            files?.Check(config, path);
            int filled = length == 0 ? config.ContextLength : Math.Min(length, config.ContextLength);
            return new ModelInspection
            {
                Path = path,
                Config = config,
                Parameters = parameters,
                Files = files,
                Tokenizer = isFolder ? TokenizerInspection.Of(path, config) : null,
                Train = MemoryPlan.Train(config, microBatchTokens),
                Rollout = MemoryPlan.Rollout(config, rows, filled),
                MicroBatchTokens = microBatchTokens,
                Rows = rows,
                Length = filled,
            };
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"{configPath}: {e.Message}", e);
        }
    }
}

/// <summary>What a folder's tokenizer files say.</summary>
/// <param name="VocabularySize">Ids, added ones included.</param>
/// <param name="UnusedIds">Rows of the model's vocabulary beyond them.</param>
/// <param name="Special">Ids with a meaning of their own.</param>
/// <param name="Texts">Their texts, by what they mean.</param>
/// <param name="Chat">Name of the chat template; "plain" for none, null for one that is not known.</param>
public sealed record TokenizerInspection(
    int VocabularySize, int UnusedIds, SpecialTokens Special, IReadOnlyDictionary<string, string> Texts, string? Chat)
{
    private const string TokenizerFile = "tokenizer.json";
    private const string VocabularyFile = "vocab.json";

    /// <summary>Reads the tokenizer of a folder, or null where there is none.</summary>
    /// <exception cref="InvalidDataException">It is damaged, not supported, or larger than the model's vocabulary.</exception>
    public static TokenizerInspection? Of(string folder, ModelConfig config)
    {
        if (!File.Exists(Path.Combine(folder, TokenizerFile)) && !File.Exists(Path.Combine(folder, VocabularyFile)))
            return null;
        ITokenizer tokenizer = ByteLevelBpe.Load(folder);
        int unused = config.VocabularySize - tokenizer.VocabularySize;
        if (unused < 0)
        {
            throw new InvalidDataException(
                $"{folder}: the tokenizer has {tokenizer.VocabularySize} ids and the model's vocabulary only {config.VocabularySize}; they do not belong together");
        }

        SpecialTokens special = tokenizer.Special;
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        void Add(string name, int? id)
        {
            if (id is { } known)
                texts.Add(name, tokenizer.Decode([known]));
        }

        Add("begin", special.Begin);
        Add("end", special.End);
        for (int i = 0; i < special.Stops.Count; i++)
            Add($"stop{i + 1}", special.Stops[i]);
        Add("pad", special.Pad);
        Add("thinkOpen", special.ThinkOpen);
        Add("thinkClose", special.ThinkClose);
        Add("mask", special.Mask);
        return new TokenizerInspection(tokenizer.VocabularySize, unused, special, texts, ChatOf(folder));
    }

    // A template that is not known is no fault of the folder: a recipe can name another.
    private static string? ChatOf(string folder)
    {
        try
        {
            return ChatTemplateFolder.Of(folder).Name;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
