using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace RlmEngine.Corpus.Parquet;

/// <summary>
/// Values as text: byte arrays as they are (which must be UTF-8 then), numbers in their shortest form that reads back, true and false, dates
/// and times as in ISO 8601 with a space between them.
/// </summary>
internal static class ParquetText
{
    private const int MaxDecimalBytes = 64;
    private const int MaxScale = 1000;
    private const int JulianDayOfUnixEpoch = 2440588;

    /// <summary>The text of a value, in UTF-8.</summary>
    /// <exception cref="InvalidDataException">The value has not the width of its type.</exception>
    public static ReadOnlySpan<byte> Of(ParquetColumn column, ReadOnlySpan<byte> value)
    {
        if (column.Type == ParquetType.ByteArray && column.Meaning != ParquetMeaning.Decimal)
            return value;
        int width = column.Type == ParquetType.Boolean ? 1 : column.Width;
        if (width > 0 && value.Length != width)
            throw new InvalidDataException("a value has not the width of its type");
        string? text = column.Type switch
        {
            ParquetType.Boolean => value[0] != 0 ? "true" : "false",
            ParquetType.Int32 => OfInteger(column, BinaryPrimitives.ReadInt32LittleEndian(value), BinaryPrimitives.ReadUInt32LittleEndian(value)),
            ParquetType.Int64 => OfInteger(column, BinaryPrimitives.ReadInt64LittleEndian(value), BinaryPrimitives.ReadUInt64LittleEndian(value)),
            ParquetType.Int96 => OfInt96(value),
            ParquetType.Float => BinaryPrimitives.ReadSingleLittleEndian(value).ToString("R", CultureInfo.InvariantCulture),
            ParquetType.Double => BinaryPrimitives.ReadDoubleLittleEndian(value).ToString("R", CultureInfo.InvariantCulture),
            _ => OfBytes(column, value),
        };
        return text is null ? value : Encoding.UTF8.GetBytes(text);
    }

    private static string OfInteger(ParquetColumn column, long value, ulong bits) => column.Meaning switch
    {
        ParquetMeaning.Unsigned => bits.ToString(CultureInfo.InvariantCulture),
        ParquetMeaning.Decimal => OfDecimal(value, column.Scale),
        ParquetMeaning.Date => OfTicks((Int128)value * TimeSpan.TicksPerDay, "yyyy-MM-dd", value),
        ParquetMeaning.TimeMillis => OfTicks((Int128)value * TimeSpan.TicksPerMillisecond, "HH:mm:ss.FFFFFFF", value),
        ParquetMeaning.TimeMicros => OfTicks((Int128)value * TimeSpan.TicksPerMicrosecond, "HH:mm:ss.FFFFFFF", value),
        ParquetMeaning.TimeNanos => OfTicks(value / 100, "HH:mm:ss.FFFFFFF", value),
        ParquetMeaning.StampMillis => OfTicks((Int128)value * TimeSpan.TicksPerMillisecond, "yyyy-MM-dd HH:mm:ss.FFFFFFF", value),
        ParquetMeaning.StampMicros => OfTicks((Int128)value * TimeSpan.TicksPerMicrosecond, "yyyy-MM-dd HH:mm:ss.FFFFFFF", value),
        ParquetMeaning.StampNanos => OfTicks(value / 100, "yyyy-MM-dd HH:mm:ss.FFFFFFF", value),
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    private static string OfInt96(ReadOnlySpan<byte> value)
    {
        long nanoseconds = BinaryPrimitives.ReadInt64LittleEndian(value);
        int day = BinaryPrimitives.ReadInt32LittleEndian(value[8..]);
        Int128 ticks = ((Int128)(day - (long)JulianDayOfUnixEpoch) * TimeSpan.TicksPerDay) + (nanoseconds / 100);
        return OfTicks(ticks, "yyyy-MM-dd HH:mm:ss.FFFFFFF", (long)Int128.Clamp(ticks, long.MinValue, long.MaxValue));
    }

    /// <summary>A time since 1970; what lies outside of the years 1 to 9999 stays a number.</summary>
    private static string OfTicks(Int128 ticks, string format, long value)
    {
        Int128 since = ticks + DateTime.UnixEpoch.Ticks;
        bool isDate = since >= 0 && since <= DateTime.MaxValue.Ticks;
        return isDate ? new DateTime((long)since).ToString(format, CultureInfo.InvariantCulture) : value.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Null where the bytes are the text.</summary>
    private static string? OfBytes(ParquetColumn column, ReadOnlySpan<byte> value)
    {
        switch (column.Meaning)
        {
            case ParquetMeaning.Decimal when value.Length <= MaxDecimalBytes:
                return OfDecimal(new BigInteger(value, isBigEndian: true), column.Scale);
            case ParquetMeaning.Decimal:
                throw new InvalidDataException($"a decimal of {value.Length} bytes is longer than {MaxDecimalBytes}");
            case ParquetMeaning.Half when value.Length == 2:
                return ((float)BinaryPrimitives.ReadHalfLittleEndian(value)).ToString("R", CultureInfo.InvariantCulture);
            case ParquetMeaning.Uuid when value.Length == 16:
                return new Guid(value, bigEndian: true).ToString();
            default:
                return null;
        }
    }

    private static string OfDecimal(BigInteger value, int scale)
    {
        if (scale > MaxScale)
            throw new InvalidDataException($"{scale} decimal places are more than {MaxScale}");
        string digits = BigInteger.Abs(value).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        string sign = value.Sign < 0 ? "-" : "";
        return scale == 0 ? sign + digits : $"{sign}{digits[..^scale]}.{digits[^scale..]}";
    }
}
