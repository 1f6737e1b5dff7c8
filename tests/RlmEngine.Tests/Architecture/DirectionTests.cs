using System.Reflection;
using System.Reflection.Emit;
using System.Xml.Linq;

namespace RlmEngine.Tests.Architecture;

[TestFixture]
public class DirectionTests
{
    private static readonly string[] Compiled = ["RlmEngine.Kernels", "RlmEngine", "RlmEngine.Transformer"];

    private static readonly string[] Projects =
    [
        "kernels/RlmEngine.Kernels/RlmEngine.Kernels.csproj", "src/RlmEngine/RlmEngine.csproj",
        "src/RlmEngine.Transformer/RlmEngine.Transformer.csproj", "src/RlmEngine.Cli/RlmEngine.Cli.csproj",
        "kernels/RlmEngine.Kernels.Ilgpu/RlmEngine.Kernels.Ilgpu.csproj", "src/RlmEngine.Torch/RlmEngine.Torch.csproj",
    ];

    [TestCaseSource(nameof(Compiled))]
    public void Assembly_AsCompiled_UsesOnlyAssembliesBelowIt(string assembly)
        => Assert.That(DirectionRules.AssemblyViolations(UsesOf(assembly)), Is.Empty);

    [TestCaseSource(nameof(Projects))]
    public void Project_AsWritten_ReferencesOnlyProjectsBelowIt(string project)
    {
        var document = XDocument.Parse(RepositoryFiles.Read(project));
        string assembly = (string?)document.Descendants("AssemblyName").SingleOrDefault() ?? Path.GetFileNameWithoutExtension(project);
        IEnumerable<string> referenced = document.Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!));
        Assert.That(referenced, Is.SubsetOf(DirectionRules.Assemblies[assembly]));
    }

    [Test]
    public void Folders_AsCompiled_UseOnlyFoldersBeforeThem()
        => Assert.That(DirectionRules.FolderViolations(UsesOf("RlmEngine"), DirectionRules.Folders), Is.Empty);

    [Test]
    public void FolderViolations_OrderReversed_NamesWhoUsesWhom()
    {
        string[] reversed = [.. DirectionRules.Folders.Reverse()];
        Assert.That(
            DirectionRules.FolderViolations(UsesOf("RlmEngine"), reversed),
            Does.Contain("RlmEngine.Recipes.StageOptions uses RlmEngine.Losses.ObjectiveOptions: Recipes stands before Losses"));
    }

    [Test]
    public void FolderViolations_FolderNotInTheList_IsNamed()
    {
        string[] shortened = [.. DirectionRules.Folders.Where(folder => folder != "Recipes")];
        Assert.That(
            DirectionRules.FolderViolations(UsesOf("RlmEngine"), shortened),
            Has.Some.Contains("stands in the folder \"Recipes\", which is not in the list"));
    }

    [TestCase("Field")]
    [TestCase("Parameter")]
    [TestCase("Local")]
    [TestCase("Call")]
    [TestCase("Base")]
    [TestCase("GenericArgument")]
    public void FolderViolations_LateTypeUsedByEarlyOne_IsFoundHoweverItIsUsed(string way)
    {
        IReadOnlyCollection<TypeUse> uses = Compile("RlmEngine", "RlmEngine.Corpus", "RlmEngine.Training", way);
        Assert.That(
            DirectionRules.FolderViolations(uses, DirectionRules.Folders),
            Is.EqualTo(new[] { "RlmEngine.Corpus.User uses RlmEngine.Training.Used: Corpus stands before Training" }));
    }

    [TestCase("RlmEngine.Training", "RlmEngine.Corpus", 0)]
    [TestCase("RlmEngine.Corpus", "RlmEngine.Metrics", 0)]
    [TestCase("RlmEngine.Metrics", "RlmEngine.Corpus", 1)]
    [TestCase("RlmEngine.Corpus", "RlmEngine.Unlisted", 1)]
    [TestCase("RlmEngine.Reports.Plotting", "RlmEngine.Training", 0)]
    public void FolderViolations_Direction_CountsOnlyTheForbiddenOne(string user, string used, int expected)
    {
        IReadOnlyCollection<TypeUse> uses = Compile("RlmEngine", user, used, "Call");
        Assert.That(DirectionRules.FolderViolations(uses.Where(use => use.User.Namespace == user), DirectionRules.Folders).Count(), Is.EqualTo(expected));
    }

    [TestCase("RlmEngine.Kernels", "RlmEngine", 1)]
    [TestCase("RlmEngine", "RlmEngine.Transformer", 1)]
    [TestCase("RlmEngine.Transformer", "RlmEngine.Kernels", 0)]
    [TestCase("rlm", "RlmEngine.Transformer", 0)]
    [TestCase("RlmEngine.Transformer", "rlm", 1)]
    [TestCase("RlmEngine", "System.Runtime", 0)]
    public void AssemblyViolations_Direction_CountsOnlyTheForbiddenOne(string user, string used, int expected)
    {
        var use = new TypeUse(new TypeName(user, "A", "User"), new TypeName(used, "B", "Used"));
        Assert.That(DirectionRules.AssemblyViolations([use]).Count(), Is.EqualTo(expected));
    }

    private static IReadOnlyCollection<TypeUse> UsesOf(string assembly)
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
        return AssemblyUses.Read(file);
    }

    /// <summary>An assembly made in memory, in which the type User uses the type Used in one way only.</summary>
    private static IReadOnlyCollection<TypeUse> Compile(string assembly, string userNamespace, string usedNamespace, string way)
    {
        var builder = new PersistedAssemblyBuilder(new AssemblyName(assembly), typeof(object).Assembly);
        ModuleBuilder module = builder.DefineDynamicModule(assembly);
        TypeBuilder used = module.DefineType(usedNamespace + ".Used", TypeAttributes.Public);
        MethodBuilder called = used.DefineMethod("Run", MethodAttributes.Public | MethodAttributes.Static, typeof(void), []);
        called.GetILGenerator().Emit(OpCodes.Ret);
        TypeBuilder user = module.DefineType(userNamespace + ".User", TypeAttributes.Public, way == "Base" ? used : typeof(object));
        MethodBuilder method = user.DefineMethod(
            "Run", MethodAttributes.Public | MethodAttributes.Static, typeof(void), way == "Parameter" ? [used] : []);
        if (way == "Field")
            user.DefineField("_used", used, FieldAttributes.Private);
        if (way == "GenericArgument")
            user.DefineField("_list", typeof(List<>).MakeGenericType(used), FieldAttributes.Private);
        ILGenerator code = method.GetILGenerator();
        if (way == "Local")
            code.DeclareLocal(used);
        if (way == "Call")
            code.Emit(OpCodes.Call, called);
        code.Emit(OpCodes.Ret);
        used.CreateType();
        user.CreateType();
        var image = new MemoryStream();
        builder.Save(image);
        image.Position = 0;
        return AssemblyUses.Read(image);
    }
}
