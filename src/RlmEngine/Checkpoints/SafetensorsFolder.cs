using RlmEngine.Kernels.Dense;

namespace RlmEngine.Checkpoints;

/// <summary>Where a tensor is read to; called on any thread, several times, and gives the same memory each time.</summary>
/// <param name="index">Which of the tensors asked for.</param>
public delegate Span<float> TensorTarget(int index);

/// <summary>The tensors of a model folder: model.safetensors, or the shards that model.safetensors.index.json names.</summary>
/// <remarks>As other loaders do, the single file is taken where both are there. Headers are read when the folder is opened, numbers on demand.</remarks>
public sealed class SafetensorsFolder : IDisposable
{
    /// <summary>Name of a model's only file.</summary>
    public const string SingleFile = "model.safetensors";

    /// <summary>Name of the index of a model in several files.</summary>
    public const string IndexFile = "model.safetensors.index.json";

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _byName = [];

    private SafetensorsFolder(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Its files, in the order of their names.</summary>
    public IReadOnlyList<SafetensorsFile> Files => _files;

    /// <summary>All tensors, file by file.</summary>
    public IEnumerable<SafetensorsEntry> Tensors => _files.SelectMany(file => file.Tensors);

    /// <summary>How many tensors there are.</summary>
    public int Count => _byName.Count;

    /// <summary>Opens a folder, validates every header, and holds the index against the files.</summary>
    /// <exception cref="InvalidDataException">A file is missing or not valid, or index and files disagree; names file and tensor.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static SafetensorsFolder Open(string path)
    {
        SafetensorsFolder folder = new(path);
        try
        {
            folder.OpenFiles();
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>True when a tensor of that name is in the folder.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>The file that holds a tensor.</summary>
    /// <exception cref="InvalidDataException">There is no such tensor.</exception>
    public SafetensorsFile FileOf(string name) => _byName.TryGetValue(name, out SafetensorsFile? file)
        ? file
        : throw new InvalidDataException($"{(_files.Count == 1 ? _files[0].Path : Path)}: tensor {SafetensorsEntry.Shown(name)} is missing");

    /// <summary>Reads a whole tensor of F32, F16 or BF16 as float32, bit for bit.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">The shape it must have.</param>
    /// <param name="destination">Room for exactly its numbers.</param>
    /// <exception cref="InvalidDataException">Missing, or of another type or shape.</exception>
    public void Read(string name, ReadOnlySpan<long> shape, Span<float> destination) => FileOf(name).Read(name, shape, destination);

    /// <summary>Reads many tensors as <see cref="Read(string, ReadOnlySpan{long}, Span{float})"/> reads one, as one job for all cores.</summary>
    /// <param name="tensors">Their names and the shapes they must have.</param>
    /// <param name="target">Room for exactly each one's numbers.</param>
    /// <exception cref="InvalidDataException">One is missing, or of another type or shape.</exception>
    public void Read(IReadOnlyList<(string Name, long[] Shape)> tensors, TensorTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        SafetensorsEntry[] entries = new SafetensorsEntry[tensors.Count];
        SafetensorsFile[] files = new SafetensorsFile[tensors.Count];
        List<(int Tensor, long From)> pieces = [];
        for (int t = 0; t < entries.Length; t++)
        {
            files[t] = FileOf(tensors[t].Name);
            entries[t] = files[t].Expect(tensors[t].Name, tensors[t].Shape);
            if (target(t).Length != entries[t].Count)
                throw new ArgumentException($"room for {target(t).Length} numbers, and {tensors[t].Name} has {entries[t].Count}", nameof(target));
            for (long from = 0; from < entries[t].Count; from += SafetensorsFile.Piece)
                pieces.Add((t, from));
        }

        _files.ForEach(file => file.Map());
        WorkPool.Run(pieces.Count, new ReadWork(files, entries, pieces, target));
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (SafetensorsFile file in _files)
            file.Dispose();
    }

    private void OpenFiles()
    {
        string single = In(SingleFile), index = In(IndexFile);
        if (!File.Exists(single) && !Directory.Exists(single) && (File.Exists(index) || Directory.Exists(index)))
            OpenShards(SafetensorsIndex.Read(index), index);
        else
            Add(OpenFile(single));
    }

    private void OpenShards(IReadOnlyDictionary<string, string> map, string index)
    {
        foreach (string name in map.Values.Distinct().Order(StringComparer.Ordinal))
            Add(OpenFile(In(name)));
        foreach ((string tensor, string name) in map)
        {
            if (!_byName.TryGetValue(tensor, out SafetensorsFile? file))
                throw new InvalidDataException($"{index}: tensor {SafetensorsEntry.Shown(tensor)} is said to be in {name} and is in no file");
            if (System.IO.Path.GetFileName(file.Path) != name)
                throw new InvalidDataException($"{index}: tensor {SafetensorsEntry.Shown(tensor)} is said to be in {name} and is in {file.Path}");
        }

        if (_byName.Keys.FirstOrDefault(tensor => !map.ContainsKey(tensor)) is { } unknown)
            throw new InvalidDataException($"{_byName[unknown].Path}: tensor {SafetensorsEntry.Shown(unknown)} is not in {IndexFile}");
    }

    private void Add(SafetensorsFile file)
    {
        _files.Add(file);
        foreach (SafetensorsEntry entry in file.Tensors)
        {
            if (!_byName.TryAdd(entry.Name, file))
                throw new InvalidDataException($"{file.Path}: tensor {SafetensorsEntry.Shown(entry.Name)} is in {_byName[entry.Name].Path} too");
        }
    }

    private static SafetensorsFile OpenFile(string path)
    {
        try
        {
            return SafetensorsFile.Open(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"{path}: the file is missing", e);
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);

    private readonly struct ReadWork(SafetensorsFile[] files, SafetensorsEntry[] entries, List<(int Tensor, long From)> pieces, TensorTarget target) : IWork
    {
        public void Do(int index)
        {
            (int tensor, long from) = pieces[index];
            Span<float> rest = target(tensor)[(int)from..];
            files[tensor].ReadPart(entries[tensor], from, rest[..Math.Min(SafetensorsFile.Piece, rest.Length)]);
        }
    }
}
