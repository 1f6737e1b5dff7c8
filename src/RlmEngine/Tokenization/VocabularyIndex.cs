namespace RlmEngine.Tokenization;

/// <summary>Finds a token by its bytes: open addressing over the hash of the bytes.</summary>
internal sealed class VocabularyIndex
{
    private Slot[] _slots = new Slot[1 << 10];
    private int _count;

    /// <summary>Adds a token; false where its bytes are there already.</summary>
    public bool TryAdd(byte[] bytes, int id)
    {
        if (2 * _count >= _slots.Length)
            Grow();
        uint hash = Hash(bytes);
        int at = Find(bytes, hash);
        if (_slots[at].Bytes is not null)
            return false;
        _slots[at] = new Slot(bytes, hash, id);
        _count++;
        return true;
    }

    /// <summary>The id of a token, or −1.</summary>
    public int IdOf(ReadOnlySpan<byte> bytes)
    {
        ref readonly Slot slot = ref _slots[Find(bytes, Hash(bytes))];
        return slot.Bytes is null ? -1 : slot.Id;
    }

    private int Find(ReadOnlySpan<byte> bytes, uint hash)
    {
        int at = (int)(hash & (uint)(_slots.Length - 1));
        while (_slots[at].Bytes is { } known && (_slots[at].Hash != hash || !bytes.SequenceEqual(known)))
            at = (at + 1) & (_slots.Length - 1);
        return at;
    }

    private void Grow()
    {
        Slot[] old = _slots;
        _slots = new Slot[4 * old.Length];
        foreach (Slot slot in old)
        {
            if (slot.Bytes is not null)
                _slots[Find(slot.Bytes, slot.Hash)] = slot;
        }
    }

    /// <summary>FNV-1a, its high bits mixed into the low ones.</summary>
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 14695981039346656037;
        foreach (byte value in bytes)
            hash = (hash ^ value) * 1099511628211;
        return (uint)(hash ^ (hash >> 32));
    }

    private readonly record struct Slot(byte[]? Bytes, uint Hash, int Id);
}
