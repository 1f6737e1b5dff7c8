using System.Runtime.InteropServices;

namespace RlmEngine.Checkpoints;

/// <summary>File operations that are on the disk when they return; each is one point at which a run may be killed.</summary>
internal class DurableFiles
{
    /// <summary>Writes a new file and flushes it to disk.</summary>
    public virtual void Write(string path, ReadOnlySpan<byte> bytes)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Flushes a file that somebody else has written.</summary>
    public virtual void Flush(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Flushes a folder's list of names, where the operating system can.</summary>
    public virtual void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = OpenForReading(path, 0);
        if (descriptor < 0)
            throw new IOException($"{path}: the folder cannot be opened to be flushed (errno {Marshal.GetLastPInvokeError()})");
        int result = FlushDescriptor(descriptor);
        int error = Marshal.GetLastPInvokeError();
        _ = CloseDescriptor(descriptor);

        // Some file systems cannot flush a folder (EINVAL); the rename is then as safe as they make it.
        const int InvalidArgument = 22;
        if (result != 0 && error != InvalidArgument)
            throw new IOException($"{path}: the folder cannot be flushed (errno {error})", error);
    }

    /// <summary>Renames a folder; the new name must be free.</summary>
    public virtual void MoveFolder(string from, string to) => Directory.Move(from, to);

    /// <summary>Renames a file over another.</summary>
    public virtual void MoveFile(string from, string to) => File.Move(from, to, overwrite: true);

    /// <summary>Removes a folder and all in it.</summary>
    public virtual void DeleteFolder(string path) => Directory.Delete(path, recursive: true);

    /// <summary>Replaces a file's content whole: a reader, or a run after a kill, sees the old or the new, never a part.</summary>
    public void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        string temporary = path + ".tmp";
        Write(temporary, bytes);
        MoveFile(temporary, path);
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OpenForReading([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FlushDescriptor(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CloseDescriptor(int descriptor);
}
