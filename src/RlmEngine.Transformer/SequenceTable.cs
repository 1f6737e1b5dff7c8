namespace RlmEngine.Transformer;

/// <summary>Cached sequences by handle; closed ones are used again.</summary>
internal sealed class SequenceTable(PagedCache cache, int maxPages, string kind)
{
    private readonly List<CachedSequence> _sequences = [];
    private readonly Stack<int> _closed = new();

    /// <summary>How many are open.</summary>
    public int OpenCount => _sequences.Count - _closed.Count;

    /// <exception cref="ArgumentException">No open sequence has that handle.</exception>
    public CachedSequence this[int handle] => (uint)handle < (uint)_sequences.Count && _sequences[handle].IsOpen
        ? _sequences[handle]
        : throw new ArgumentException($"there is no open {kind} {handle}");

    public int Open()
    {
        if (!_closed.TryPop(out int handle))
        {
            handle = _sequences.Count;
            _sequences.Add(new CachedSequence(maxPages));
        }

        _sequences[handle].IsOpen = true;
        return handle;
    }

    public void Close(int handle)
    {
        this[handle].Release(cache);
        _closed.Push(handle);
    }
}
