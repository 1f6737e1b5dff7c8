using RlmEngine.Checkpoints;

namespace RlmEngine.Tests.Checkpoints;

/// <summary>Files of a process that is killed at one operation: that operation does half its work, and no later one does anything.</summary>
internal sealed class KilledFiles(int killAt) : DurableFiles
{
    /// <summary>Operations begun.</summary>
    public int Operations { get; private set; }

    public override void Write(string path, ReadOnlySpan<byte> bytes)
    {
        if (IsKilled)
            throw new IOException("killed");
        if (IsKilledNow())
        {
            File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
            throw new IOException("killed");
        }

        base.Write(path, bytes);
    }

    public override void Flush(string path)
    {
        Begin();
        base.Flush(path);
    }

    public override void FlushFolder(string path)
    {
        Begin();
        base.FlushFolder(path);
    }

    public override void MoveFolder(string from, string to)
    {
        Begin();
        base.MoveFolder(from, to);
    }

    public override void MoveFile(string from, string to)
    {
        Begin();
        base.MoveFile(from, to);
    }

    public override void DeleteFolder(string path)
    {
        if (IsKilled)
            throw new IOException("killed");
        if (IsKilledNow())
        {
            File.Delete(Directory.GetFiles(path).Order().First());
            throw new IOException("killed");
        }

        base.DeleteFolder(path);
    }

    private bool IsKilled => Operations >= killAt;

    private bool IsKilledNow() => ++Operations >= killAt;

    private void Begin()
    {
        if (IsKilled || IsKilledNow())
            throw new IOException("killed");
    }
}
