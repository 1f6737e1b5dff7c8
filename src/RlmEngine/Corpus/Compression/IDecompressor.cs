namespace RlmEngine.Corpus.Compression;

/// <summary>Gives the content of compressed bytes as far as they are whole.</summary>
internal interface IDecompressor : IDisposable
{
    /// <summary>True when the data turned out to be damaged or to end early.</summary>
    bool IsDamaged { get; }

    /// <summary>Reads some bytes; 0 when no more come.</summary>
    int Read(Span<byte> target);
}
