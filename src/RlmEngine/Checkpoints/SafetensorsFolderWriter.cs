using System.Globalization;

namespace RlmEngine.Checkpoints;

/// <summary>Hands a tensor's numbers, in their order, to a sink.</summary>
/// <param name="entry">The tensor.</param>
/// <param name="writer">Takes the numbers, in one piece or several.</param>
public delegate void TensorSource(SafetensorsEntry entry, SafetensorsWriter writer);

/// <summary>Writes a model's tensors into a folder: one file, or shards and their index where one file would be too large.</summary>
/// <remarks>
/// Each file is written under a temporary name, flushed and renamed. What stood there before is never mixed with the new: between
/// removing the old index and writing the new one the folder holds no model at all. Shards are filled in the order of the tensors, as
/// by huggingface_hub's split_torch_state_dict_into_shards.
/// </remarks>
public sealed class SafetensorsFolderWriter
{
    /// <summary>Bytes of tensors a file holds unless told otherwise: 5 GB, as other tools do.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    private const string Temporary = ".tmp-";
    private readonly DurableFiles _files;
    private readonly string _folder;
    private readonly long _shardBytes;

    /// <summary>A writer into an existing folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="shardBytes">Bytes of tensors from which a next file is begun; a larger tensor has a file of its own.</param>
    public SafetensorsFolderWriter(string folder, long shardBytes = DefaultShardBytes)
        : this(folder, shardBytes, new DurableFiles())
    {
    }

    internal SafetensorsFolderWriter(string folder, long shardBytes, DurableFiles files)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shardBytes, 1);
        _folder = folder;
        _shardBytes = shardBytes;
        _files = files;
    }

    /// <summary>Writes all tensors.</summary>
    /// <param name="tensors">F32 or BF16, names unique; a tied one stands once.</param>
    /// <param name="source">Called once for each, in their order.</param>
    /// <exception cref="IOException">It cannot be written, as on a full disk.</exception>
    public void Write(IReadOnlyList<SafetensorsEntry> tensors, TensorSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        List<List<SafetensorsEntry>> shards = Split(tensors);
        string[] names = [.. shards.Select((_, shard) => NameOf(shard, shards.Count))];
        try
        {
            for (int shard = 0; shard < names.Length; shard++)
                WriteFile(In(Temporary + names[shard]), shards[shard], source);
        }
        catch
        {
            foreach (string name in names)
                File.Delete(In(Temporary + name));
            throw;
        }

        Publish(shards, names);
    }

    private void Publish(List<List<SafetensorsEntry>> shards, string[] names)
    {
        bool isSingle = names.Length == 1;
        if (!isSingle)
        {
            RemoveOld(name => name is SafetensorsFolder.SingleFile or SafetensorsFolder.IndexFile);
            _files.FlushFolder(_folder);
        }

        foreach (string name in names)
            _files.MoveFile(In(Temporary + name), In(name));
        _files.FlushFolder(_folder);
        if (!isSingle)
        {
            Dictionary<string, string> map = [];
            for (int shard = 0; shard < names.Length; shard++)
                shards[shard].ForEach(entry => map.Add(entry.Name, names[shard]));
            _files.Replace(In(SafetensorsFolder.IndexFile), SafetensorsIndex.ToJson(map, shards.Sum(shard => shard.Sum(entry => entry.Bytes))));
        }

        RemoveOld(name => isSingle && name == SafetensorsFolder.IndexFile);
        RemoveOld(name => IsShard(name) && !names.Contains(name));
    }

    private void RemoveOld(Func<string, bool> isOld)
    {
        foreach (string path in Directory.GetFiles(_folder, "model*").Where(path => isOld(Path.GetFileName(path))))
            File.Delete(path);
    }

    private static bool IsShard(string name)
    {
        string[] parts = name.Split('-', '.');
        return parts is ["model", { Length: 5 } number, "of", { Length: 5 } count, "safetensors"] && (number + count).All(char.IsAsciiDigit);
    }

    private static void WriteFile(string path, List<SafetensorsEntry> entries, TensorSource source)
    {
        using SafetensorsWriter writer = new(path, entries);
        foreach (SafetensorsEntry entry in entries)
            source(entry, writer);
        writer.Complete();
    }

    private List<List<SafetensorsEntry>> Split(IReadOnlyList<SafetensorsEntry> tensors)
    {
        List<List<SafetensorsEntry>> shards = [[]];
        long bytes = 0;
        foreach (SafetensorsEntry entry in tensors)
        {
            if (bytes > 0 && bytes + entry.Bytes > _shardBytes)
            {
                shards.Add([]);
                bytes = 0;
            }

            shards[^1].Add(entry);
            bytes += entry.Bytes;
        }

        return shards;
    }

    private static string NameOf(int shard, int count) => count == 1
        ? SafetensorsFolder.SingleFile
        : string.Create(CultureInfo.InvariantCulture, $"model-{shard + 1:D5}-of-{count:D5}.safetensors");

    private string In(string name) => Path.Combine(_folder, name);
}
