namespace RlmEngine.Tests.Architecture;

/// <summary>A type of a compiled assembly, by its outermost declaring type.</summary>
/// <param name="Assembly">Simple name of the assembly that defines it.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name, without nested types.</param>
public readonly record struct TypeName(string Assembly, string Namespace, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}.{Name}";
}

/// <summary>One type uses another: in its signatures, base types, attributes, locals or method bodies.</summary>
/// <param name="User">Who uses.</param>
/// <param name="Used">Who is used.</param>
public readonly record struct TypeUse(TypeName User, TypeName Used)
{
    /// <inheritdoc/>
    public override string ToString() => $"{User} uses {Used}";
}
