using System.Buffers.Binary;
using System.Numerics;

namespace RlmEngine.Corpus.Compression;

/// <summary>XXH64 with seed 0 over bytes that come in pieces; Zstandard's checksum is its low half.</summary>
internal sealed class XxHash64
{
    private const ulong P1 = 11400714785074694791;
    private const ulong P2 = 14029467366897019727;
    private const ulong P3 = 1609587929392839161;
    private const ulong P4 = 9650029242287828579;
    private const ulong P5 = 2870177450012600261;

    private readonly ulong[] _lanes = [unchecked(P1 + P2), P2, 0, unchecked(0 - P1)];
    private readonly byte[] _tail = new byte[32];
    private int _tailLength;
    private ulong _length;

    /// <summary>Takes in bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _length += (ulong)bytes.Length;
        if (_tailLength > 0)
        {
            int taken = Math.Min(32 - _tailLength, bytes.Length);
            bytes[..taken].CopyTo(_tail.AsSpan(_tailLength));
            _tailLength += taken;
            bytes = bytes[taken..];
            if (_tailLength < 32)
                return;
            Stripe(_tail);
            _tailLength = 0;
        }

        for (; bytes.Length >= 32; bytes = bytes[32..])
            Stripe(bytes);
        bytes.CopyTo(_tail);
        _tailLength = bytes.Length;
    }

    /// <summary>The hash of all bytes so far.</summary>
    public ulong Finish()
    {
        ulong hash = P5;
        if (_length >= 32)
        {
            hash = BitOperations.RotateLeft(_lanes[0], 1) + BitOperations.RotateLeft(_lanes[1], 7)
                + BitOperations.RotateLeft(_lanes[2], 12) + BitOperations.RotateLeft(_lanes[3], 18);
            foreach (ulong lane in _lanes)
                hash = ((hash ^ Round(0, lane)) * P1) + P4;
        }

        hash += _length;
        ReadOnlySpan<byte> rest = _tail.AsSpan(0, _tailLength);
        for (; rest.Length >= 8; rest = rest[8..])
            hash = (BitOperations.RotateLeft(hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(rest)), 27) * P1) + P4;
        if (rest.Length >= 4)
        {
            hash = (BitOperations.RotateLeft(hash ^ (BinaryPrimitives.ReadUInt32LittleEndian(rest) * P1), 23) * P2) + P3;
            rest = rest[4..];
        }

        foreach (byte value in rest)
            hash = BitOperations.RotateLeft(hash ^ (value * P5), 11) * P1;
        hash = (hash ^ (hash >> 33)) * P2;
        hash = (hash ^ (hash >> 29)) * P3;
        return hash ^ (hash >> 32);
    }

    private static ulong Round(ulong lane, ulong input) => BitOperations.RotateLeft(lane + (input * P2), 31) * P1;

    private void Stripe(ReadOnlySpan<byte> bytes)
    {
        ulong[] lanes = _lanes;
        lanes[0] = Round(lanes[0], BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        lanes[1] = Round(lanes[1], BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
        lanes[2] = Round(lanes[2], BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
        lanes[3] = Round(lanes[3], BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
    }
}
