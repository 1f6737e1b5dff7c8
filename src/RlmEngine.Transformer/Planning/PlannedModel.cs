using RlmEngine.Recipes;
using RlmEngine.Tokenization;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Planning;

/// <summary>The shape and tokenizer a recipe would run with, checked against each other; no weights are read.</summary>
/// <param name="Config">The shape.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="HasWeights">True when the folder holds weights.</param>
internal sealed record PlannedModel(ModelConfig Config, ParameterCount Parameters, ITokenizer Tokenizer, bool HasWeights)
{
    private const string ConfigFile = "config.json";

    /// <summary>Reads the folder a recipe starts from, or makes the shape and tokenizer of its new model.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="tokenizerBytes">Bytes a new tokenizer is trained on at most: a plan needs no better one.</param>
    /// <exception cref="InvalidDataException">The folder is missing, damaged or not supported, or its parts do not fit each other.</exception>
    public static PlannedModel Of(Recipe recipe, int tokenizerBytes)
    {
        if (recipe.Model.Checkpoint is not { } folder)
            return New(recipe, tokenizerBytes);
        if (!Directory.Exists(folder))
            throw new InvalidDataException($"model.checkpoint: {folder}: no such folder; one with config.json and the tokenizer's files is needed");
        ModelConfig config = HuggingFaceConfig.Read(Path.Combine(folder, ConfigFile)) with
        {
            Compute = recipe.Model.Compute,
            Recompute = recipe.Model.Recompute,
        };
        ITokenizer tokenizer = ByteLevelBpe.Load(folder);
        RequireRoom(folder, tokenizer, config);
        var files = ModelFiles.Read(folder);
        if (files.Files.Count > 0)
            files.Check(config, folder);
        foreach (string proxy in ProxiesOf(recipe))
            CheckProxy(proxy, tokenizer);
        return new PlannedModel(config, ParameterCount.Of(config), tokenizer, files.Files.Count > 0);
    }

    /// <summary>Folders of the models that curricula measure difficulty by, each once.</summary>
    public static IEnumerable<string> ProxiesOf(Recipe recipe) =>
        recipe.Stages.SelectMany(stage => stage.Tasks).Select(task => task.Curriculum?.Model).OfType<string>().Distinct();

    /// <summary>The shape of such a model.</summary>
    public static ModelConfig ProxyConfig(string folder) => HuggingFaceConfig.Read(Path.Combine(folder, ConfigFile));

    private static PlannedModel New(Recipe recipe, int tokenizerBytes)
    {
        Recipe quick = recipe with { Tokenizer = recipe.Tokenizer with { TrainBytes = Math.Min(recipe.Tokenizer.TrainBytes, tokenizerBytes) } };
        ITokenizer tokenizer = RunAssembly.TrainTokenizer(quick, RunAssembly.OpenCorpus(recipe), RunAssembly.OpenWorld(recipe));
        var config = ModelConfig.From(recipe.Model, tokenizer.VocabularySize);
        return new PlannedModel(config, ParameterCount.Of(config), tokenizer, HasWeights: false);
    }

    private static void RequireRoom(string folder, ITokenizer tokenizer, ModelConfig config)
    {
        if (tokenizer.VocabularySize > config.VocabularySize)
        {
            throw new InvalidDataException(
                $"{folder}: the tokenizer has {tokenizer.VocabularySize} ids and the model only {config.VocabularySize}; they do not belong together");
        }
    }

    private static void CheckProxy(string folder, ITokenizer tokenizer)
    {
        if (!Directory.Exists(folder))
            throw new InvalidDataException($"curriculum.model: {folder}: no such folder; a model with the same tokenizer is needed");
        RequireRoom(folder, tokenizer, ProxyConfig(folder));
        DifficultyModel.RequireSameIds(tokenizer, ByteLevelBpe.Load(folder), folder);
    }
}
