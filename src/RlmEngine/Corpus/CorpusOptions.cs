namespace RlmEngine.Corpus;

/// <summary>What documents are read, and how they are split.</summary>
public sealed record CorpusOptions
{
    /// <summary>Files and folders (.txt, .md, .rst, .jsonl, .ndjson, .json, each also .gz or .zst, and .parquet); empty means the embedded world.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>
    /// Fields of a JSON record or columns of a Parquet file whose texts make the document, joined by a newline. A path reaches inwards, as in
    /// extra_info.answer, prompt[0].content or messages[].content; the texts of a list are joined by a newline too.
    /// </summary>
    public IReadOnlyList<string> Fields { get; init; } = ["text"];

    /// <summary>Share of documents held out, by the hash of their text.</summary>
    public double HeldOut { get; init; } = 0.05;

    /// <summary>True to hold out by the hash of the first of Fields alone, as a data set's own split by its problems does; .jsonl, .ndjson and .json only.</summary>
    public bool HeldOutByFirstField { get; init; }

    /// <summary>Documents (records of a .jsonl: lines) of more bytes than this are left out and counted.</summary>
    public int MaxDocumentBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Text files (.txt, .md, .rst) of more bytes than this become several documents, file#1, file#2, …, each of at most so many bytes,
    /// cut in its second half after the last blank line, else line, else space, else between characters; 0 never cuts.
    /// </summary>
    public int SplitBytes { get; init; } = 64 * 1024;

    /// <summary>Documents held at once for shuffling.</summary>
    public int ShuffleBuffer { get; init; } = 4096;

    /// <summary>The embedded world, when Paths is empty.</summary>
    public WorldOptions World { get; init; } = new();
}
