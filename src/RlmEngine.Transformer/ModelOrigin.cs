namespace RlmEngine.Transformer;

/// <summary>The texts a model came with, so that what this engine does not read survives it: config.json and generation_config.json.</summary>
/// <param name="Config">The shape config.json described.</param>
/// <param name="ConfigJson">config.json.</param>
/// <param name="GenerationJson">generation_config.json, byte for byte; null when there was none.</param>
internal sealed record ModelOrigin(ModelConfig Config, string ConfigJson, byte[]? GenerationJson)
{
    public const string ConfigFile = "config.json";
    public const string GenerationFile = "generation_config.json";

    /// <summary>Reads both from a model's folder.</summary>
    /// <exception cref="InvalidDataException">config.json is missing, not JSON, or of a model this engine cannot run as it is.</exception>
    public static ModelOrigin Read(string folder)
    {
        string generation = Path.Combine(folder, GenerationFile);
        return Read(Path.Combine(folder, ConfigFile), File.Exists(generation) ? File.ReadAllBytes(generation) : null);
    }

    /// <summary>Reads a config.json that may have another name.</summary>
    /// <exception cref="InvalidDataException">Missing, not JSON, or of a model this engine cannot run as it is.</exception>
    public static ModelOrigin Read(string configPath, byte[]? generationJson)
    {
        string text = ConfigFields.ReadText(configPath);
        return new ModelOrigin(HuggingFaceConfig.Parse(text, configPath), text, generationJson);
    }
}
