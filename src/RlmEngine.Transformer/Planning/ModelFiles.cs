using RlmEngine.Checkpoints;

namespace RlmEngine.Transformer.Planning;

/// <summary>What the headers of a folder's safetensors files say; no number of a tensor is read.</summary>
/// <param name="Files">The files that hold the model, in the order of their names.</param>
/// <param name="Tensors">Their tensors.</param>
/// <param name="Others">Other safetensors files of the folder, such as the optimizer's.</param>
public sealed record ModelFiles(IReadOnlyList<ModelFile> Files, IReadOnlyList<SafetensorsEntry> Tensors, IReadOnlyList<ModelFile> Others)
{
    private const string OptimizerFile = "optimizer.safetensors";

    /// <summary>Bytes of the model's files.</summary>
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>Numbers in the model's files.</summary>
    public Int128 Numbers => Tensors.Aggregate(Int128.Zero, (sum, tensor) => sum + tensor.Count);

    /// <summary>Reads every header in a folder: the model's, as it would be loaded, and those of other files.</summary>
    /// <remarks>Where neither model.safetensors nor an index is there, every file but the optimizer's counts as the model's.</remarks>
    /// <exception cref="InvalidDataException">A file is missing or damaged, index and files disagree, or two files hold a tensor of the same name.</exception>
    public static ModelFiles Read(string folder)
    {
        string[] paths = [.. Directory.GetFiles(folder, "*.safetensors").Order(StringComparer.Ordinal)];
        if (!Path.Exists(Path.Combine(folder, SafetensorsFolder.SingleFile)) && !Path.Exists(Path.Combine(folder, SafetensorsFolder.IndexFile)))
            return ReadAll(paths);
        using SafetensorsFolder model = SafetensorsFolder.Open(folder);
        HashSet<string> own = [.. model.Files.Select(file => Path.GetFileName(file.Path))];
        return new ModelFiles(
            [.. model.Files.Select(Describe)], [.. model.Tensors], [.. paths.Where(path => !own.Contains(Path.GetFileName(path))).Select(DescribeOther)]);
    }

    private static ModelFiles ReadAll(IEnumerable<string> paths)
    {
        List<ModelFile> files = [], others = [];
        List<SafetensorsEntry> tensors = [];
        Dictionary<string, string> owners = new(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            ModelFile described = Describe(file);
            bool isModel = described.Name != OptimizerFile;
            (isModel ? files : others).Add(described);
            if (!isModel)
                continue;
            foreach (SafetensorsEntry tensor in file.Tensors)
            {
                if (!owners.TryAdd(tensor.Name, described.Name))
                    throw new InvalidDataException($"{path}: tensor {SafetensorsEntry.Shown(tensor.Name)} stands in {owners[tensor.Name]} too");
            }

            tensors.AddRange(file.Tensors);
        }

        return new ModelFiles(files, tensors, others);
    }

    /// <summary>Holds the files against a shape: every tensor it needs must be there and have its extents.</summary>
    /// <exception cref="InvalidDataException">One is missing, or has other extents; the message names it.</exception>
    public void Check(ModelConfig config, string folder)
    {
        if (config.Layers > Tensors.Count)
            throw new InvalidDataException($"{folder}: config.json says {config.Layers} layers, and the files hold {Tensors.Count} tensors in all");
        Dictionary<string, SafetensorsEntry> byName = Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (WeightTensor needed in new WeightLayout(config).Tensors)
        {
            if (!byName.TryGetValue(needed.Name, out SafetensorsEntry? tensor))
                throw new InvalidDataException($"{folder}: tensor \"{needed.Name}\" is missing; config.json's shape needs it");
            if (!tensor.Shape.SequenceEqual(needed.Shape.Select(extent => (long)extent)))
            {
                throw new InvalidDataException(
                    $"{folder}: tensor \"{needed.Name}\" has shape {tensor.ShapeText}; config.json's is [{string.Join(", ", needed.Shape)}]");
            }
        }
    }

    private static ModelFile DescribeOther(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return Describe(file);
    }

    private static ModelFile Describe(SafetensorsFile file) => new(Path.GetFileName(file.Path), new FileInfo(file.Path).Length, file.Tensors.Count);
}

/// <summary>One file of a model's folder.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Tensors">Tensors in it.</param>
public sealed record ModelFile(string Name, long Bytes, int Tensors);
