namespace RlmEngine.Corpus;

/// <summary>What was read and what was left out, with the first places named.</summary>
/// <param name="Files">Files opened.</param>
/// <param name="Documents">Documents given (both splits).</param>
/// <param name="Bytes">UTF-8 bytes of those documents.</param>
/// <param name="LeftOut">Reason (invalid UTF-8, empty, too large, malformed) → how many.</param>
/// <param name="Examples">Up to ten lines "place: reason".</param>
public sealed record CorpusReport(
    int Files, long Documents, long Bytes, IReadOnlyDictionary<string, long> LeftOut, IReadOnlyList<string> Examples);
