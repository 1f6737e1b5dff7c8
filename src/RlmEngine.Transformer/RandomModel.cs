using RlmEngine.Checkpoints;
using RlmEngine.Metrics;
using RlmEngine.Policies;

namespace RlmEngine.Transformer;

/// <summary>Makes a Hugging Face folder of a described shape with random weights, tensor by tensor, in memory that does not grow with the model.</summary>
/// <remarks>
/// The weights are those of <see cref="TransformerPolicy.Create"/> with the same seed, rounded to nearest even where bfloat16 is asked for;
/// their bits do not depend on the number of threads.
/// </remarks>
/// <param name="ConfigPath">A config.json, or a folder that holds one.</param>
/// <param name="Seed">Key of the random stream.</param>
/// <param name="Type">How the weights are stored.</param>
/// <param name="TokenizerFolder">Where tokenizer files are copied from; null for the folder of config.json, which may hold none.</param>
public sealed record RandomModel(string ConfigPath, ulong Seed, WeightType Type, string? TokenizerFolder = null)
{
    /// <summary>Numbers drawn at a time.</summary>
    internal int BlockFloats { get; init; } = 1 << 22;

    /// <summary>Writes the folder whole, or not at all.</summary>
    /// <param name="folder">A folder that is not there yet, or is empty.</param>
    /// <param name="cancellation">Asks to stop; nothing is left behind.</param>
    /// <returns>The model's shape.</returns>
    /// <exception cref="InvalidDataException">The configuration is wrong, or of a model that is not supported.</exception>
    /// <exception cref="UserInputException">
    /// The folder holds something, is a file, or its disk has too little room; or the tokenizer's folder holds none of its files.
    /// </exception>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public ModelConfig Write(string folder, CancellationToken cancellation = default)
    {
        string configPath = Directory.Exists(ConfigPath) ? Path.Combine(ConfigPath, ModelOrigin.ConfigFile) : ConfigPath;
        ModelOrigin origin = ModelOrigin.Read(configPath, generationJson: null);
        string[] others = FilesToCopy(Path.GetDirectoryName(Path.GetFullPath(configPath))!);
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        RequireEmpty(folder);
        string parent = Path.GetDirectoryName(folder) ?? throw new UserInputException($"{folder}: is no place for a model; a new folder is needed");
        _ = Directory.CreateDirectory(parent);
        RequireRoom(origin.Config, folder, parent);
        string temporary = Path.Combine(parent, $".{Path.GetFileName(folder)}.{Guid.NewGuid():N}");
        try
        {
            _ = Directory.CreateDirectory(temporary);
            WriteWeights(origin.Config, temporary, cancellation);
            HuggingFaceConfig.Write(origin.Config, Path.Combine(temporary, ModelOrigin.ConfigFile), SafetensorsEntry.NameOf(Type), origin);

            // Not File.Copy, which would copy a protection against writing too.
            foreach (string file in others)
                File.WriteAllBytes(Path.Combine(temporary, Path.GetFileName(file)), File.ReadAllBytes(file));
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
        long needed = config.ParameterCount * (Type == WeightType.Bfloat16 ? 2 : 4);
        long free = new DriveInfo(parent).AvailableFreeSpace;
        if (needed > free)
            throw new UserInputException($"{folder}: {config.ParameterCount} parameters in {SafetensorsEntry.NameOf(Type)} take {needed} bytes, and the disk has {free} left");
    }

    private void WriteWeights(ModelConfig config, string folder, CancellationToken cancellation)
    {
        WeightLayout layout = new(config);
        SafetensorsEntry[] entries =
            [.. layout.Tensors.Select(tensor => new SafetensorsEntry(tensor.Name, SafetensorsEntry.NameOf(Type), TransformerPolicy.ShapeOf(tensor)))];
        using FloatBuffer buffer = new();
        int next = 0;
        new SafetensorsFolderWriter(folder).Write(entries, (_, writer) =>
        {
            int number = next++;
            WeightTensor tensor = layout.Tensors[number];
            int columns = tensor.Shape[^1], rows = tensor.Length / columns, block = Math.Max(1, BlockFloats / columns);
            for (int row = 0; row < rows; row += block)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<float> values = buffer.Rows(Math.Min(block, rows - row), columns);
                WeightInitializer.FillRows(config, tensor, number, row, values, Seed);
                writer.Write(values);
            }
        });
    }

    private string[] FilesToCopy(string besideConfig)
    {
        string from = TokenizerFolder ?? besideConfig;
        string[] files = [.. Tokenization.TokenizerFolder.FileNames.Select(name => Path.Combine(from, name)).Where(File.Exists)];
        if (files.Length == 0 && TokenizerFolder is not null)
            throw new UserInputException($"{TokenizerFolder}: holds no tokenizer; a folder with tokenizer.json, or with vocab.json and merges.txt, is needed");
        return files;
    }
}
