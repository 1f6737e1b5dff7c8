namespace RlmEngine.Torch;

/// <summary>Open slots of one kind, the lowest free one first.</summary>
internal sealed class SlotTable<T>(string kind)
    where T : class
{
    private readonly List<T?> _slots = [];
    private readonly PriorityQueue<int, int> _free = new();

    /// <summary>How many are open.</summary>
    public int OpenCount => _slots.Count - _free.Count;

    /// <exception cref="ArgumentException">Nothing is open there.</exception>
    public T this[int slot] => (uint)slot < (uint)_slots.Count && _slots[slot] is { } item
        ? item
        : throw new ArgumentException($"there is no open {kind} {slot}");

    public int Open(T item)
    {
        if (_free.TryDequeue(out int slot, out _))
        {
            _slots[slot] = item;
            return slot;
        }

        _slots.Add(item);
        return _slots.Count - 1;
    }

    public T Close(int slot)
    {
        T item = this[slot];
        _slots[slot] = null;
        _free.Enqueue(slot, slot);
        return item;
    }
}
