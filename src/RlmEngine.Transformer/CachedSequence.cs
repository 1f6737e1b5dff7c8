using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>A sequence's pages in the order of positions; a prefix keeps its tokens too, rows that have read the same tokens are one.</summary>
internal sealed class CachedSequence(int maxPages)
{
    private int[] _tokens = [];

    public int[] Pages { get; } = new int[maxPages];

    public int PageCount { get; set; }

    /// <summary>Positions that have keys and values.</summary>
    public int Length { get; set; }

    /// <summary>Handles that stand for it.</summary>
    public int Users { get; set; }

    /// <summary>Number of the last call that named it, how many rows of that call stand for it, and the last step it is to take then.</summary>
    public long Call { get; set; }

    /// <inheritdoc cref="Call"/>
    public int CallRows { get; set; }

    /// <inheritdoc cref="Call"/>
    public int LastStep { get; set; }

    /// <summary>Segment of the run in which a prefix is being computed; −1 when its keys and values stand.</summary>
    public int Segment { get; set; } = -1;

    /// <summary>First position that has rows in that run.</summary>
    public int RunStart { get; set; }

    /// <summary>A prefix's tokens.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, TokenCount);

    private int TokenCount { get; set; }

    public void SetTokens(ReadOnlySpan<int> tokens)
    {
        if (_tokens.Length < tokens.Length) _tokens = new int[tokens.Length];
        tokens.CopyTo(_tokens);
        TokenCount = tokens.Length;
    }

    /// <summary>Uses the pages of another's first positions.</summary>
    public void Share(CachedSequence source, int length, PagedCache cache)
    {
        for (int page = 0; page * AttentionShape.PageKeys < length; page++)
        {
            Pages[PageCount++] = source.Pages[page];
            cache.Share(source.Pages[page]);
        }

        Length = length;
    }

    /// <summary>Makes room for positions after the last on pages of its own.</summary>
    public void Extend(PagedCache cache, int positions)
    {
        if (positions > 0 && Length % AttentionShape.PageKeys != 0) Pages[PageCount - 1] = cache.Own(Pages[PageCount - 1]);
        while (PageCount * AttentionShape.PageKeys < Length + positions)
            Pages[PageCount++] = cache.Take();
    }

    public void Release(PagedCache cache)
    {
        for (int page = 0; page < PageCount; page++)
            cache.Release(Pages[page]);
        (PageCount, Length, TokenCount, Segment) = (0, 0, 0, -1);
    }
}
