namespace RlmEngine.Curriculum;

/// <summary>A token drawn from a pool.</summary>
/// <param name="Document">Index of its document in the pool.</param>
/// <param name="Position">Its position in the document, at least 1.</param>
/// <param name="Tier">Its tier.</param>
/// <param name="IsRenormalized">True when a tier with a share had no positions, so that the others' shares were scaled up.</param>
public readonly record struct DrawnPosition(int Document, int Position, Tier Tier, bool IsRenormalized);
