using System.Globalization;

namespace RlmEngine.Cli.Display;

/// <summary>Bytes as a person reads them.</summary>
internal static class ByteText
{
    /// <summary>In the largest unit of 1024 that leaves at least 1, two digits after the point.</summary>
    public static string Of(long bytes) => bytes switch
    {
        >= 1L << 40 => $"{bytes / (double)(1L << 40):0.00} TiB",
        >= 1L << 30 => $"{bytes / (double)(1L << 30):0.00} GiB",
        >= 1L << 20 => $"{bytes / (double)(1L << 20):0.00} MiB",
        >= 1L << 10 => $"{bytes / (double)(1L << 10):0.00} KiB",
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
    };
}
