using RlmEngine.Tokenization;

namespace RlmEngine.Losses;

/// <summary>Rows that are computed together, with a record for each of their targets.</summary>
/// <param name="Tokens">N rows, M targets.</param>
/// <param name="Records">M records; the reference log-probs are 0 until the caller writes them.</param>
public sealed record MicroBatch(TokenBatch Tokens, TargetRecords Records);
