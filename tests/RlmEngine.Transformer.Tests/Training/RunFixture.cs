using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>Gives a fixture a folder of its own and puts the number of threads back.</summary>
[NonParallelizable]
public abstract class RunFixture
{
    private int _threads;

    private protected string Folder { get; private set; } = "";

    [OneTimeSetUp]
    public void Prepare() => (_threads, Folder) = (WorkPool.Threads, Directory.CreateTempSubdirectory("rlm-run-").FullName);

    [OneTimeTearDown]
    public void CleanUp()
    {
        WorkPool.Threads = _threads;
        Directory.Delete(Folder, recursive: true);
    }

    private protected string In(string name) => Path.Combine(Folder, name);
}
