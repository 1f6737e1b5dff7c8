namespace RlmEngine.Tokenization;

/// <summary>Pairs that could be merged, by rank and then by place: a binary heap of numbers.</summary>
internal sealed class MergeQueue(int capacity)
{
    private ulong[] _heap = new ulong[Math.Max(capacity, 1)];
    private int _count;

    /// <summary>Adds a pair without keeping the order; one of the largest rank there is merges into nothing and is left out.</summary>
    public void Append(int rank, int at)
    {
        if (rank == int.MaxValue)
            return;
        if (_count == _heap.Length)
            Array.Resize(ref _heap, 2 * _count);
        _heap[_count++] = ((ulong)(uint)rank << 32) | (uint)at;
    }

    /// <summary>Makes the order after <see cref="Append"/>.</summary>
    public void Order()
    {
        for (int i = (_count / 2) - 1; i >= 0; i--)
            Sink(i);
    }

    /// <summary>Adds a pair in order.</summary>
    public void Add(int rank, int at)
    {
        int child = _count;
        Append(rank, at);
        if (child == _count)
            return;
        ulong entry = _heap[child];
        while (child > 0 && _heap[(child - 1) / 2] > entry)
        {
            _heap[child] = _heap[(child - 1) / 2];
            child = (child - 1) / 2;
        }

        _heap[child] = entry;
    }

    /// <summary>Takes the pair of lowest rank, of those the leftmost.</summary>
    public bool TryTake(out int rank, out int at)
    {
        (rank, at) = (0, 0);
        if (_count == 0)
            return false;
        (rank, at) = ((int)(_heap[0] >> 32), (int)(uint)_heap[0]);
        _heap[0] = _heap[--_count];
        Sink(0);
        return true;
    }

    private void Sink(int parent)
    {
        if (parent >= _count)
            return;
        ulong entry = _heap[parent];
        for (int child = (2 * parent) + 1; child < _count; child = (2 * parent) + 1)
        {
            if (child + 1 < _count && _heap[child + 1] < _heap[child])
                child++;
            if (entry <= _heap[child])
                break;
            _heap[parent] = _heap[child];
            parent = child;
        }

        _heap[parent] = entry;
    }
}
