namespace RlmEngine.Tests.Architecture;

/// <summary>Who may know whom: between the assemblies, and between the folders of the method.</summary>
public static class DirectionRules
{
    /// <summary>The method's folders in the order data flows; each uses only folders before it.</summary>
    public static readonly IReadOnlyList<string> Folders =
    [
        "Corpus", "Tokenization", "Curriculum", "Rollouts", "Grading", "Rewards", "Tasks", "Advantages", "Losses", "Policies",
        "Checkpoints", "Evaluation", "Recipes", "Training", "Experiments", "Reports",
    ];

    /// <summary>The folder that every folder may use, and that uses none.</summary>
    public const string Shared = "Metrics";

    /// <summary>Each assembly of ours and those of ours that it may use.</summary>
    public static readonly IReadOnlyDictionary<string, IReadOnlyList<string>> Assemblies = new Dictionary<string, IReadOnlyList<string>>
    {
        ["RlmEngine.Kernels"] = [],
        ["RlmEngine"] = ["RlmEngine.Kernels"],
        ["RlmEngine.Transformer"] = ["RlmEngine", "RlmEngine.Kernels"],
        ["RlmEngine.Kernels.Ilgpu"] = ["RlmEngine.Kernels"],
        ["RlmEngine.Torch"] = ["RlmEngine", "RlmEngine.Kernels", "RlmEngine.Kernels.Ilgpu", "RlmEngine.Transformer"],
        ["rlm"] = ["RlmEngine", "RlmEngine.Kernels", "RlmEngine.Transformer", "RlmEngine.Torch"],
    };

    /// <summary>Uses that go against the direction of the assemblies.</summary>
    public static IEnumerable<string> AssemblyViolations(IEnumerable<TypeUse> uses) =>
        from use in uses
        where use.User.Assembly != use.Used.Assembly && IsOurs(use.Used.Assembly)
        where !Assemblies[use.User.Assembly].Contains(use.Used.Assembly)
        select $"{use}: {use.User.Assembly} may not know {use.Used.Assembly}";

    /// <summary>Uses inside the method's assembly that go against the order of the folders, and types that stand in no listed folder.</summary>
    public static IEnumerable<string> FolderViolations(IEnumerable<TypeUse> uses, IReadOnlyList<string> order)
    {
        foreach (TypeUse use in uses)
        {
            if (FolderOf(use.User) is not { } user)
                continue;
            if (!order.Contains(user) && user != Shared)
                yield return $"{use.User} stands in the folder \"{user}\", which is not in the list";
            else if (FolderOf(use.Used) is { } used && !IsAllowed(user, used, order))
                yield return $"{use}: {user} stands before {used}";
        }
    }

    private static bool IsAllowed(string user, string used, IReadOnlyList<string> order)
        => user == used || used == Shared || (user != Shared && Index(order, used) < Index(order, user));

    private static int Index(IReadOnlyList<string> order, string folder)
    {
        int index = order.TakeWhile(name => name != folder).Count();
        return index == order.Count ? int.MaxValue : index;
    }

    private static bool IsOurs(string assembly) => Assemblies.ContainsKey(assembly) || assembly.StartsWith("RlmEngine", StringComparison.Ordinal);

    private static string? FolderOf(TypeName type)
    {
        if (type.Assembly != "RlmEngine" || (type.Namespace != "RlmEngine" && !type.Namespace.StartsWith("RlmEngine.", StringComparison.Ordinal)))
            return null;
        return type.Namespace.Split('.').ElementAtOrDefault(1) ?? "";
    }
}
