using RlmEngine.Checkpoints;
using RlmEngine.Metrics;

namespace RlmEngine.Transformer;

/// <summary>Makes a Hugging Face folder of a described shape with random weights, tensor by tensor, in memory that does not grow with the model.</summary>
/// <remarks>
/// The weights are those of <see cref="TransformerPolicy.Create"/> with the same seed, rounded to nearest even where bfloat16 is asked for;
/// their bits do not depend on the number of threads.
/// </remarks>
/// <param name="ConfigPath">A config.json, or a folder that holds one; tokenizer files beside it are copied.</param>
/// <param name="Seed">Key of the random stream.</param>
/// <param name="Type">F32 or BF16.</param>
public sealed record RandomModel(string ConfigPath, ulong Seed, string Type)
{
    private const int BufferFloats = 1 << 22;

    private static readonly string[] s_copied =
    [
        "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.json", "merges.txt", "special_tokens_map.json",
        "added_tokens.json", "chat_template.jinja", "chat_template.json", ModelOrigin.GenerationFile,
    ];

    /// <summary>Writes the folder whole, or not at all.</summary>
    /// <param name="folder">A folder that is not there yet, or is empty.</param>
    /// <param name="progress">Called with the bytes of weights written so far; may be null.</param>
    /// <returns>The model's shape.</returns>
    /// <exception cref="InvalidDataException">The configuration is wrong, or of a model that is not supported.</exception>
    /// <exception cref="UserInputException">The folder holds something, is a file, or its disk has too little room.</exception>
    public ModelConfig Write(string folder, Action<long>? progress = null)
    {
        string configPath = Directory.Exists(ConfigPath) ? Path.Combine(ConfigPath, ModelOrigin.ConfigFile) : ConfigPath;
        ModelOrigin origin = ModelOrigin.Read(configPath, generationJson: null);
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        RequireEmpty(folder);
        string parent = Path.GetDirectoryName(folder) ?? throw new UserInputException($"{folder}: is no place for a model; a new folder is needed");
        _ = Directory.CreateDirectory(parent);
        RequireRoom(origin.Config, folder, parent);
        string temporary = Path.Combine(parent, $".{Path.GetFileName(folder)}.{Guid.NewGuid():N}");
        try
        {
            _ = Directory.CreateDirectory(temporary);
            WriteWeights(origin.Config, Path.Combine(temporary, "model.safetensors"), progress);
            HuggingFaceConfig.Write(origin.Config, Path.Combine(temporary, ModelOrigin.ConfigFile), Type, origin);
            CopyOthers(Path.GetDirectoryName(Path.GetFullPath(configPath))!, temporary);
            if (Directory.Exists(folder))
                Directory.Delete(folder);
            Directory.Move(temporary, folder);
        }
        catch
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
            throw;
        }

        return origin.Config;
    }

    private static void RequireEmpty(string folder)
    {
        if (File.Exists(folder))
            throw new UserInputException($"{folder}: is a file; a new or empty folder is needed");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new UserInputException($"{folder}: is not empty; a new or empty folder is needed");
    }

    private void RequireRoom(ModelConfig config, string folder, string parent)
    {
        long needed = config.ParameterCount * (Type == "BF16" ? 2 : 4);
        long free = new DriveInfo(parent).AvailableFreeSpace;
        if (needed > free)
            throw new UserInputException($"{folder}: {config.ParameterCount} parameters in {Type} take {needed} bytes, and the disk has {free} left");
    }

    private void WriteWeights(ModelConfig config, string path, Action<long>? progress)
    {
        WeightLayout layout = new(config);
        using SafetensorsWriter writer = new(
            path, [.. layout.Tensors.Select(tensor => new SafetensorsEntry(tensor.Name, Type, [.. tensor.Shape.Select(extent => (long)extent)]))]);
        using FloatBuffer buffer = new();
        long written = 0;
        for (int i = 0; i < layout.Tensors.Count; i++)
        {
            WeightTensor tensor = layout.Tensors[i];
            int columns = tensor.Shape[^1], rows = tensor.Length / columns, block = Math.Max(1, BufferFloats / columns);
            for (int row = 0; row < rows; row += block)
            {
                int count = Math.Min(block, rows - row);
                Span<float> values = buffer.Rows(count, columns);
                WeightInitializer.FillRows(config, tensor, i, row, values, Seed);
                writer.Write(values);
                written += values.Length;
                progress?.Invoke(written);
            }
        }

        writer.Complete();
    }

    private static void CopyOthers(string from, string to)
    {
        foreach (string name in s_copied)
        {
            string source = Path.Combine(from, name);
            if (File.Exists(source))
                File.Copy(source, Path.Combine(to, name));
        }
    }
}
