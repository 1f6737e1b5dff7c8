namespace RlmEngine.Transformer;

/// <summary>Cached sequences, taken and given back; several handles may use one.</summary>
internal sealed class SequencePool(PagedCache cache)
{
    private readonly Stack<CachedSequence> _free = new();

    /// <summary>An empty sequence, which nobody uses yet.</summary>
    public CachedSequence Take() => _free.TryPop(out CachedSequence? sequence) ? sequence : new CachedSequence(cache.MaxPages);

    /// <summary>A sequence that shares the pages of another's first positions.</summary>
    public CachedSequence Fork(CachedSequence source, int length)
    {
        CachedSequence fork = Take();
        fork.Share(source, length, cache);
        return fork;
    }

    /// <summary>One handle less uses a sequence; the last one gives its pages back.</summary>
    public void Leave(CachedSequence sequence)
    {
        if (--sequence.Users == 0) Return(sequence);
    }

    /// <summary>Gives a sequence's pages back; nobody uses it any more.</summary>
    public void Return(CachedSequence sequence)
    {
        sequence.Release(cache);
        _free.Push(sequence);
    }
}

/// <summary>Handles of one kind and the sequences they stand for; closed handles are used again.</summary>
internal sealed class SequenceTable(SequencePool pool, string kind)
{
    private readonly List<CachedSequence?> _sequences = [];
    private readonly List<long> _lastCalls = [];
    private readonly Stack<int> _closed = new();

    /// <summary>How many are open.</summary>
    public int OpenCount => _sequences.Count - _closed.Count;

    /// <summary>Handles are below this.</summary>
    public int Capacity => _sequences.Count;

    /// <exception cref="ArgumentException">Nothing is open by that handle.</exception>
    public CachedSequence this[int handle] => Find(handle) ?? throw new ArgumentException($"there is no open {kind} {handle}");

    /// <summary>The sequence of a handle, or null when it is not open.</summary>
    public CachedSequence? Find(int handle) => (uint)handle < (uint)_sequences.Count ? _sequences[handle] : null;

    public int Open(CachedSequence sequence)
    {
        if (!_closed.TryPop(out int handle))
        {
            handle = _sequences.Count;
            _sequences.Add(null);
            _lastCalls.Add(0);
        }

        sequence.Users++;
        _sequences[handle] = sequence;
        return handle;
    }

    /// <summary>Lets an open handle stand for another sequence.</summary>
    public void Move(int handle, CachedSequence sequence)
    {
        sequence.Users++;
        pool.Leave(this[handle]);
        _sequences[handle] = sequence;
    }

    public void Close(int handle)
    {
        pool.Leave(this[handle]);
        _sequences[handle] = null;
        _closed.Push(handle);
    }

    /// <summary>Notes that a call names a handle; false when that same call has named it before.</summary>
    public bool Name(int handle, long call)
    {
        if (_lastCalls[handle] == call) return false;
        _lastCalls[handle] = call;
        return true;
    }
}
