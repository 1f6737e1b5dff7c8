using System.Runtime.InteropServices;
using RlmEngine.Tokenization;

namespace RlmEngine.Losses;

/// <summary>Trees of token sequences: what sequences of one tree begin with alike stands once.</summary>
/// <remarks>A node is a run of tokens that sequences of its tree share; it becomes a segment of the batch.</remarks>
internal sealed class TokenForest
{
    private const int None = -1;
    private readonly List<int> _tokens = [];
    private readonly List<Node> _nodes = [];
    private readonly List<int> _roots = [];

    /// <summary>Rows of all trees: tokens that differ in themselves or in what stands before them.</summary>
    public int RowCount => _tokens.Count;

    /// <summary>Begins a tree; sequences added next share rows with one another, not with those before.</summary>
    public void BeginTree() => _roots.Add(None);

    /// <summary>Adds a sequence to the last tree, and returns the node in which it ends.</summary>
    /// <param name="sequence">At least one token.</param>
    public int Add(ReadOnlySpan<int> sequence)
    {
        int parent = None, position = 0;
        while (position < sequence.Length && Child(parent, sequence[position]) is not None and int child)
        {
            Node node = _nodes[child];
            int shared = TokensOf(node).CommonPrefixLength(sequence[position..]);
            position += shared;
            parent = shared < node.Length && position < sequence.Length ? Split(child, shared) : child;
        }

        return position == sequence.Length ? parent : AddNode(parent, position, sequence[position..]);
    }

    /// <summary>Counts the rows that a sequence would add to the last tree.</summary>
    public int NewRows(ReadOnlySpan<int> sequence)
    {
        int parent = None, position = 0;
        while (position < sequence.Length && Child(parent, sequence[position]) is not None and int child)
        {
            Node node = _nodes[child];
            int shared = TokensOf(node).CommonPrefixLength(sequence[position..]);
            position += shared;
            parent = child;
            if (shared < node.Length)
                break;
        }

        return sequence.Length - position;
    }

    /// <summary>Lays the nodes out as segments, each before those that continue it.</summary>
    public (int[] Tokens_N, Segment[] Segments_S) Build()
    {
        var tokens_N = new List<int>(_tokens.Count);
        var segments_S = new List<Segment>(_nodes.Count);
        var open = new Stack<int>();
        foreach (int root in _roots)
        {
            Push(open, root);
            while (open.TryPop(out int index))
            {
                ref Node node = ref CollectionsMarshal.AsSpan(_nodes)[index];
                (node.Segment, node.Row) = (segments_S.Count, tokens_N.Count);
                segments_S.Add(new Segment(node.Row, node.Length, node.Parent < 0 ? -1 : _nodes[node.Parent].Segment, node.Depth));
                tokens_N.AddRange(TokensOf(node));
                Push(open, node.FirstChild);
            }
        }

        return ([.. tokens_N], [.. segments_S]);
    }

    /// <summary>The row of a sequence's position, once the forest is built.</summary>
    /// <param name="end">The node in which the sequence ends.</param>
    /// <param name="position">The position.</param>
    public int RowOf(int end, int position)
    {
        while (position < _nodes[end].Depth)
            end = _nodes[end].Parent;
        return _nodes[end].Row + position - _nodes[end].Depth;
    }

    private ReadOnlySpan<int> TokensOf(Node node) => CollectionsMarshal.AsSpan(_tokens).Slice(node.From, node.Length);

    // The first of a row of siblings is to come out first.
    private void Push(Stack<int> open, int first)
    {
        int count = open.Count;
        for (int node = first; node != None; node = _nodes[node].Next)
            open.Push(node);
        if (open.Count - count < 2)
            return;
        var siblings = new List<int>();
        while (open.Count > count)
            siblings.Add(open.Pop());
        foreach (int node in siblings)
            open.Push(node);
    }

    private int Child(int parent, int token)
    {
        int node = parent == None ? _roots[^1] : _nodes[parent].FirstChild;
        while (node != None && _tokens[_nodes[node].From] != token)
            node = _nodes[node].Next;
        return node;
    }

    // The node's first tokens become a new node above it; sequences that end in it still find all their rows from it.
    private int Split(int index, int length)
    {
        Node lower = _nodes[index];
        int upper = _nodes.Count;
        _nodes.Add(lower with { Length = length, FirstChild = index });
        Replace(lower.Parent, index, upper);
        _nodes[index] = lower with { From = lower.From + length, Length = lower.Length - length, Depth = lower.Depth + length, Parent = upper, Next = None };
        return upper;
    }

    private void Replace(int parent, int old, int by)
    {
        Span<Node> nodes = CollectionsMarshal.AsSpan(_nodes);
        ref int link = ref parent == None ? ref CollectionsMarshal.AsSpan(_roots)[^1] : ref nodes[parent].FirstChild;
        while (link != old)
            link = ref nodes[link].Next;
        link = by;
    }

    private int AddNode(int parent, int depth, ReadOnlySpan<int> tokens)
    {
        int added = _nodes.Count;
        _nodes.Add(new Node { From = _tokens.Count, Length = tokens.Length, Depth = depth, Parent = parent, FirstChild = None, Next = None });
        _tokens.AddRange(tokens);
        Span<Node> nodes = CollectionsMarshal.AsSpan(_nodes);
        ref int link = ref parent == None ? ref CollectionsMarshal.AsSpan(_roots)[^1] : ref nodes[parent].FirstChild;
        while (link != None)
            link = ref nodes[link].Next;
        link = added;
        return added;
    }

    private record struct Node
    {
        public int From;
        public int Length;
        public int Depth;
        public int Parent;
        public int FirstChild;
        public int Next;
        public int Segment;
        public int Row;
    }
}
