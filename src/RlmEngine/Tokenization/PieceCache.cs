using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RlmEngine.Tokenization;

/// <summary>The tokens of short pieces seen before; its size is fixed, and a newer piece takes the place of an older one.</summary>
/// <remarks>Entries are immutable and a slot is one reference, so threads may race here: the worst is that a piece is merged twice.</remarks>
internal sealed class PieceCache
{
    /// <summary>Longer pieces are not kept: they seldom come again.</summary>
    public const int MaxBytes = 16;

    private const int SlotBits = 16;

    private readonly Entry?[] _slots = new Entry?[1 << SlotBits];

    /// <summary>Appends the tokens of a piece of 2 … <see cref="MaxBytes"/> bytes, if they are known.</summary>
    public bool TryAppend(ReadOnlySpan<byte> piece, TokenBuffer tokens)
    {
        (ulong low, ulong high) = Key(piece);
        Entry? entry = _slots[SlotOf(low, high, piece.Length)];
        if (entry is null || entry.Low != low || entry.High != high || entry.Length != piece.Length)
            return false;
        tokens.Add(entry.First);
        if (entry.Rest is { } rest)
            tokens.AddRange(rest);
        return true;
    }

    /// <summary>Keeps the tokens of a piece of 2 … <see cref="MaxBytes"/> bytes.</summary>
    public void Keep(ReadOnlySpan<byte> piece, ReadOnlySpan<int> tokens)
    {
        (ulong low, ulong high) = Key(piece);
        _slots[SlotOf(low, high, piece.Length)] = new Entry(low, high, piece.Length, tokens[0], tokens.Length > 1 ? tokens[1..].ToArray() : null);
    }

    /// <summary>With its length, the two words say the piece exactly: they hold each of its bytes at a place that the length fixes.</summary>
    private static (ulong Low, ulong High) Key(ReadOnlySpan<byte> piece)
    {
        if (piece.Length >= 8)
            return (MemoryMarshal.Read<ulong>(piece), MemoryMarshal.Read<ulong>(piece[^8..]));
        if (piece.Length >= 4)
            return (MemoryMarshal.Read<uint>(piece) | ((ulong)MemoryMarshal.Read<uint>(piece[^4..]) << 32), 0);
        return (piece[0] | ((ulong)piece[1] << 8) | ((ulong)piece[^1] << 16), 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SlotOf(ulong low, ulong high, int length)
    {
        ulong mixed = (low * 0x9E3779B97F4A7C15) ^ ((high + (ulong)length) * 0xC2B2AE3D27D4EB4F);
        return (int)((mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9 >> (64 - SlotBits));
    }

    private sealed record Entry(ulong Low, ulong High, int Length, int First, int[]? Rest);
}
