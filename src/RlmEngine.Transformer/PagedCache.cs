using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>Pages of 16 positions for all layers, counted by how many sequences share them; grows by doubling and keeps its size.</summary>
internal sealed class PagedCache : IDisposable
{
    /// <summary>Pages of the first growth.</summary>
    internal const int FirstPages = 64;

    // All layers grow to so many bytes in place: doubling would touch, and so clear, twice the memory that it ends with.
    private const long RoomBytes = 1L << 30;

    private readonly FloatBuffer[] _layers;
    private readonly int _pageFloats;
    private int[] _references = [];
    private int[] _free = [];
    private int _freeCount;

    public PagedCache(ModelConfig config)
    {
        _pageFloats = config.Attention.PageFloats;
        MaxPages = (config.ContextLength + AttentionShape.PageKeys - 1) / AttentionShape.PageKeys;
        _layers = new FloatBuffer[config.Layers];
        for (int layer = 0; layer < _layers.Length; layer++)
            _layers[layer] = new FloatBuffer();
    }

    /// <summary>Pages of the longest sequence.</summary>
    public int MaxPages { get; }

    /// <summary>Pages in use.</summary>
    public int UsedPages => _references.Length - _freeCount;

    /// <summary>A layer's pages, valid until a page is taken.</summary>
    public Span<float> Pages(int layer) => _layers[layer].All;

    /// <summary>Gives a page to one sequence.</summary>
    public int Take()
    {
        if (_freeCount == 0) Grow();
        int page = _free[--_freeCount];
        _references[page] = 1;
        return page;
    }

    /// <summary>Lets one more sequence use a page.</summary>
    public void Share(int page) => _references[page]++;

    /// <summary>One sequence less uses a page.</summary>
    public void Release(int page)
    {
        if (--_references[page] == 0) _free[_freeCount++] = page;
    }

    /// <summary>The page itself if one sequence alone uses it, else a copy that is that sequence's own.</summary>
    public int Own(int page)
    {
        if (_references[page] == 1) return page;
        int copy = Take();
        foreach (FloatBuffer layer in _layers)
            layer.Span((nint)page * _pageFloats, _pageFloats).CopyTo(layer.Span((nint)copy * _pageFloats, _pageFloats));
        Release(page);
        return copy;
    }

    public void Dispose()
    {
        foreach (FloatBuffer layer in _layers)
            layer.Dispose();
    }

    private void Grow()
    {
        int old = _references.Length;
        int grown = Math.Max(FirstPages, 2 * old);
        Array.Resize(ref _references, grown);
        Array.Resize(ref _free, grown);
        nint room = (nint)(RoomBytes / sizeof(float) / _layers.Length);
        foreach (FloatBuffer layer in _layers)
            layer.Reserve((nint)grown * _pageFloats, room);
        for (int page = grown - 1; page >= old; page--)
            _free[_freeCount++] = page;
    }
}
