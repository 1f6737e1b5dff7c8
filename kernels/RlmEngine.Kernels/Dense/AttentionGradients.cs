namespace RlmEngine.Kernels.Dense;

/// <summary>Trees of segments: one without a parent, and those that continue it or one another.</summary>
/// <param name="roots_T">The first segment of each tree.</param>
/// <param name="next_S">For each segment the next of its tree, ascending, or −1.</param>
/// <param name="places_S">For each segment how many rows its tree has before it.</param>
public readonly ref struct AttentionTrees(ReadOnlySpan<int> roots_T, ReadOnlySpan<int> next_S, ReadOnlySpan<int> places_S)
{
    /// <summary>The first segment of each tree.</summary>
    public ReadOnlySpan<int> Roots_T { get; } = roots_T;

    /// <summary>For each segment the next of its tree, or −1.</summary>
    public ReadOnlySpan<int> Next_S { get; } = next_S;

    /// <summary>For each segment how many rows its tree has before it.</summary>
    public ReadOnlySpan<int> Places_S { get; } = places_S;
}

/// <summary>What attention's forward read and wrote, kept for its backward.</summary>
/// <param name="queries_NQ">Queries.</param>
/// <param name="pages">Pages.</param>
/// <param name="output_NQ">Output.</param>
/// <param name="statistics_NH2">Largest score and sum of exponentials.</param>
public readonly ref struct AttentionSaved(
    ReadOnlySpan<float> queries_NQ, ReadOnlySpan<float> pages, ReadOnlySpan<float> output_NQ, ReadOnlySpan<float> statistics_NH2)
{
    /// <summary>Queries.</summary>
    public ReadOnlySpan<float> Queries_NQ { get; } = queries_NQ;

    /// <summary>Pages.</summary>
    public ReadOnlySpan<float> Pages { get; } = pages;

    /// <summary>Output.</summary>
    public ReadOnlySpan<float> Output_NQ { get; } = output_NQ;

    /// <summary>Largest score and sum of exponentials of each row and head.</summary>
    public ReadOnlySpan<float> Statistics_NH2 { get; } = statistics_NH2;
}

/// <summary>Where attention's backward writes.</summary>
/// <param name="queries_NQ">Gradient by the queries.</param>
/// <param name="keys_NK">Gradient by the keys.</param>
/// <param name="values_NK">Gradient by the values.</param>
public readonly ref struct AttentionGradients(Span<float> queries_NQ, Span<float> keys_NK, Span<float> values_NK)
{
    /// <summary>Gradient by the queries.</summary>
    public Span<float> Queries_NQ { get; } = queries_NQ;

    /// <summary>Gradient by the keys.</summary>
    public Span<float> Keys_NK { get; } = keys_NK;

    /// <summary>Gradient by the values.</summary>
    public Span<float> Values_NK { get; } = values_NK;
}
