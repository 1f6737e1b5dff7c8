namespace RlmEngine.Grading.Programs;

/// <summary>One thing that the program sees: a folder or file of this machine, read-only, a device, or a symbolic link.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">Where the program sees it.</param>
/// <param name="Source">What stands there: a path of this machine, or the link's target.</param>
internal sealed record SandboxEntry(SandboxEntryKind Kind, string Path, string Source);

/// <summary>The kinds of <see cref="SandboxEntry"/>.</summary>
internal enum SandboxEntryKind
{
    /// <summary>A read-only folder.</summary>
    Folder,

    /// <summary>A read-only file.</summary>
    File,

    /// <summary>A device that can be written to.</summary>
    Device,

    /// <summary>A symbolic link.</summary>
    Link,
}

/// <summary>The root that an untrusted program sees: the system's libraries and the interpreter, read-only, and nothing of the user's.</summary>
internal static class SandboxRoot
{
    /// <summary>The only folder that can be written to.</summary>
    public const string WorkFolder = "/box";

    private static readonly string[] s_system = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32"];
    private static readonly string[] s_files = ["/etc/ld.so.cache", "/etc/alternatives"];
    private static readonly string[] s_devices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
    private static readonly string[] s_places = ["/mnt", "/media", "/srv", "/opt", "/sys", "/tmp"];

    /// <summary>What the program sees, outer folders first.</summary>
    public static IReadOnlyList<SandboxEntry> Entries(PythonInterpreter python)
    {
        List<SandboxEntry> entries = [.. s_system.Where(Path.Exists).Select(EntryOf)];
        entries.AddRange(s_files.Where(Path.Exists).Select(EntryOf));
        entries.AddRange(s_devices.Where(File.Exists).Select(path => new SandboxEntry(SandboxEntryKind.Device, path, path)));
        foreach (string path in python.Folders.Select(Path.TrimEndingDirectorySeparator).Where(path => path.Length > 1).OrderBy(path => path.Length))
        {
            // Nix keeps each library in a folder of its own beside the interpreter's.
            string shown = path.StartsWith("/nix/store/", StringComparison.Ordinal) ? "/nix/store" : path;
            if (!entries.Any(entry => IsInside(shown, entry.Path)) && !IsInside(shown, WorkFolder))
                entries.Add(new SandboxEntry(Directory.Exists(shown) ? SandboxEntryKind.Folder : SandboxEntryKind.File, shown, shown));
        }

        return entries;
    }

    /// <summary>A folder of this machine that no entry stands in, so that the new root can be built over it.</summary>
    public static string? Place(IReadOnlyList<SandboxEntry> entries)
        => s_places.FirstOrDefault(place => Directory.Exists(place) && !entries.Any(entry => IsInside(entry.Source, place)));

    private static SandboxEntry EntryOf(string path)
    {
        if (new FileInfo(path).LinkTarget is { } target)
            return new SandboxEntry(SandboxEntryKind.Link, path, target);
        return new SandboxEntry(Directory.Exists(path) ? SandboxEntryKind.Folder : SandboxEntryKind.File, path, path);
    }

    private static bool IsInside(string path, string folder) => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);
}
