namespace RlmEngine.Checkpoints;

/// <summary>Tells a full disk from other failures of writing.</summary>
public static class FullDisk
{
    // ENOSPC and EDQUOT of Linux and macOS; ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL of Windows.
    private static readonly int[] s_codes = [28, 122, 69, unchecked((int)0x80070027), unchecked((int)0x80070070)];

    /// <summary>True when the disk, or the user's share of it, is full.</summary>
    public static bool IsCauseOf(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is IOException && s_codes.Contains(e.HResult))
                return true;
        }

        return false;
    }
}
