using System.Security.Cryptography;

namespace RlmEngine.Checkpoints;

/// <summary>A whole checkpoint: every file it must hold is there, of the right size and SHA-256.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Manifest">What it is.</param>
/// <param name="Cursor">Where the run stood.</param>
public sealed record Checkpoint(string Folder, CheckpointManifest Manifest, RunCursor Cursor)
{
    /// <summary>Name of the manifest in a checkpoint's folder.</summary>
    public const string ManifestFile = "checkpoint.json";

    /// <summary>Name of the cursor in a checkpoint's folder.</summary>
    public const string CursorFile = "cursor.json";

    /// <summary>Opens a checkpoint and verifies every file.</summary>
    /// <exception cref="InvalidDataException">Something is missing, cut off or changed; names the file.</exception>
    public static Checkpoint Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new InvalidDataException($"{folder}: no such checkpoint folder");
        CheckpointManifest manifest = CheckpointJson.Read(Path.Combine(folder, ManifestFile), CheckpointJson.Default.CheckpointManifest);
        if (manifest.Files.Any(file => file is null))
            throw new InvalidDataException($"{Path.Combine(folder, ManifestFile)}: damaged: null is no file");
        foreach (CheckpointFile file in manifest.Files)
            Verify(folder, file);
        if (!manifest.Files.Any(file => file.Name == CursorFile))
            throw new InvalidDataException($"{Path.Combine(folder, ManifestFile)}: damaged: {CursorFile} is not among its files");
        RunCursor cursor = CheckpointJson.Read(Path.Combine(folder, CursorFile), CheckpointJson.Default.RunCursor);
        return cursor.Step == manifest.Step
            ? new Checkpoint(folder, manifest, cursor)
            : throw new InvalidDataException($"{folder}: {ManifestFile} is of step {manifest.Step} and {CursorFile} of step {cursor.Step}");
    }

    /// <summary>A file's entry in the manifest.</summary>
    internal static CheckpointFile Describe(string folder, string path)
    {
        using FileStream stream = File.OpenRead(path);
        string hash = Convert.ToHexStringLower(SHA256.HashData(stream));
        return new CheckpointFile(Path.GetRelativePath(folder, path).Replace('\\', '/'), stream.Length, hash);
    }

    private static void Verify(string folder, CheckpointFile file)
    {
        bool staysInside = file.Name.Length > 0 && !Path.IsPathRooted(file.Name) && !file.Name.Split('/', '\\').Contains("..");
        if (!staysInside)
            throw new InvalidDataException($"{Path.Combine(folder, ManifestFile)}: \"{file.Name}\" is not a file inside the checkpoint");
        FileInfo info = new(Path.Combine(folder, file.Name));
        if (!info.Exists)
            throw new InvalidDataException($"{info.FullName}: the file is missing");
        if (info.Length != file.Bytes)
            throw new InvalidDataException($"{info.FullName}: {(info.Length < file.Bytes ? "cut off" : "too long")}: {info.Length} of {file.Bytes} bytes");
        if (Describe(folder, info.FullName).Sha256 != file.Sha256)
            throw new InvalidDataException($"{info.FullName}: damaged: its SHA-256 is not the one in {ManifestFile}");
    }
}
