namespace RlmEngine.Corpus.Parquet;

/// <summary>A column that a field path chooses, and of its lists the elements.</summary>
/// <param name="Field">The path.</param>
/// <param name="Column">The column.</param>
/// <param name="Elements">For each list around a value, from the outermost: the element chosen, null for all.</param>
internal sealed record ParquetSelection(FieldPath Field, ParquetColumn Column, IReadOnlyList<int?> Elements)
{
    private const int MaxNames = 40;

    /// <summary>Finds the column of a path.</summary>
    /// <exception cref="InvalidDataException">There is none; the message names those there are.</exception>
    public static ParquetSelection Find(ParquetNode root, FieldPath field)
    {
        ParquetNode? node = root.Children.FirstOrDefault(child => child.Name == field.Text);
        List<int?> elements = [];
        node = node is not null ? Enter(node, [], 0, elements, out _) : Walk(root, field.Steps, elements);
        if (node?.Column is { } column)
            return new ParquetSelection(field, column, elements);
        IReadOnlyList<string> names = Names(root);
        string known = string.Join(", ", names.Take(MaxNames)) + (names.Count > MaxNames ? $", and {names.Count - MaxNames} more" : "");
        string problem = node is null ? "there is no column" : "more than one column is in";
        throw new InvalidDataException($"{problem} \"{field.Text}\"; the columns are: {(names.Count == 0 ? "none" : known)}");
    }

    /// <summary>The path of every column, "[]" behind each list.</summary>
    public static IReadOnlyList<string> Names(ParquetNode root)
    {
        List<string> names = [];
        foreach (ParquetNode child in root.Children)
            CollectNames(child, "", names);
        return names;
    }

    private static ParquetNode? Walk(ParquetNode root, IReadOnlyList<FieldStep> steps, List<int?> elements)
    {
        ParquetNode? node = root;
        for (int at = 0; at < steps.Count && node is not null;)
        {
            string? name = steps[at].Name;
            ParquetNode? child = name is null ? null : node.Children.FirstOrDefault(inner => inner.Name == name);
            node = child is null ? null : Enter(child, steps, at + 1, elements, out at);
        }

        return node;
    }

    /// <summary>Goes through the lists that a node is, to their element; each takes a step "[n]" where one is given.</summary>
    private static ParquetNode Enter(ParquetNode node, IReadOnlyList<FieldStep> steps, int at, List<int?> elements, out int next)
    {
        next = at;
        while (true)
        {
            if (node.IsRepeated)
                elements.Add(TakeElement(steps, ref next));
            if (Repeated(node) is not { } repeated)
                return node;
            bool isWrapper = node.Meaning == ParquetMeaning.List && IsWrapper(node, repeated);
            if (isWrapper)
                elements.Add(TakeElement(steps, ref next));
            node = isWrapper ? repeated.Children[0] : repeated;
        }
    }

    private static int? TakeElement(IReadOnlyList<FieldStep> steps, ref int next) =>
        next < steps.Count && steps[next].Name is null ? steps[next++].Element : null;

    /// <summary>The repeated child of a list or map.</summary>
    private static ParquetNode? Repeated(ParquetNode node) =>
        node is { Meaning: ParquetMeaning.List or ParquetMeaning.Map, Children: [{ IsRepeated: true } child] } ? child : null;

    /// <summary>
    /// True where a list's repeated child only wraps the element (the format's "LogicalTypes", backward-compatibility rules of lists).
    /// </summary>
    private static bool IsWrapper(ParquetNode list, ParquetNode repeated) =>
        repeated.Children.Count == 1 && repeated.Name != "array" && repeated.Name != list.Name + "_tuple";

    private static void CollectNames(ParquetNode node, string prefix, List<string> names)
    {
        List<int?> elements = [];
        ParquetNode inner = Enter(node, [], 0, elements, out _);
        string name = prefix + node.Name + string.Concat(elements.Select(_ => "[]"));
        if (inner.Column is not null)
            names.Add(name);
        foreach (ParquetNode child in inner.Children)
            CollectNames(child, name + ".", names);
    }
}
