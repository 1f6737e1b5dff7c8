namespace RlmEngine.Tokenization;

/// <summary>A growing list of ids.</summary>
internal sealed class TokenBuffer(int capacity)
{
    private int[] _tokens = new int[Math.Max(capacity, 4)];
    private int _count;

    /// <summary>Adds one id.</summary>
    public void Add(int token)
    {
        int[] tokens = _tokens;
        if ((uint)_count >= (uint)tokens.Length)
            tokens = Grow(_count + 1);
        tokens[_count++] = token;
    }

    /// <summary>Adds several ids.</summary>
    public void AddRange(ReadOnlySpan<int> tokens)
    {
        if (_count + tokens.Length > _tokens.Length)
            Grow(_count + tokens.Length);
        tokens.CopyTo(_tokens.AsSpan(_count));
        _count += tokens.Length;
    }

    /// <summary>The ids so far.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, _count);

    private int[] Grow(int needed)
    {
        Array.Resize(ref _tokens, Math.Max(needed, _tokens.Length + (_tokens.Length / 2)));
        return _tokens;
    }
}
