using System.Globalization;

namespace RlmEngine.Perf;

/// <summary>--name value pairs of a mode.</summary>
public sealed class PerfOptions
{
    private readonly Dictionary<string, string> _values;

    /// <summary>Takes the words after the mode.</summary>
    /// <exception cref="ArgumentException">A word is no name, a name has no value, or is not one of the mode's.</exception>
    public PerfOptions(string[] args, params string[] names)
    {
        ArgumentNullException.ThrowIfNull(args);
        if (args.Length % 2 != 0)
            throw new ArgumentException($"{args[^1]} has no value");
        _values = args.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        foreach (string name in _values.Keys.Where(name => !names.Contains(name)))
            throw new ArgumentException($"{name}: no such option; {string.Join(", ", names)} are known");
    }

    /// <summary>A text.</summary>
    public string Text(string name, string fallback) => _values.GetValueOrDefault(name, fallback);

    /// <summary>A whole number.</summary>
    public int Number(string name, int fallback) =>
        _values.TryGetValue(name, out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;

    /// <summary>A name of an enumeration, in any case.</summary>
    public T Choice<T>(string name, T fallback)
        where T : struct, Enum => _values.TryGetValue(name, out string? text) ? Enum.Parse<T>(text, ignoreCase: true) : fallback;
}
