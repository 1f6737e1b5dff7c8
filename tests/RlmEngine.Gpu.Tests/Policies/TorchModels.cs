using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;
using RlmEngine.Torch;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Tests;

namespace RlmEngine.Gpu.Tests.Policies;

/// <summary>The same small model on both engines, from one folder.</summary>
internal sealed class TorchModels : IDisposable
{
    private readonly string _folder;

    public TorchModels(ModelConfig config)
    {
        _folder = Directory.CreateTempSubdirectory("rlm-torch-").FullName;
        Embedded = TestModels.Create(config);
        Embedded.SaveWeights(_folder);
        Torch = TorchPolicy.Load(_folder, TorchDevice.Cpu, config.Compute, config.Recompute);
    }

    public TransformerPolicy Embedded { get; }

    public TorchPolicy Torch { get; }

    /// <summary>Groups of completions with prompts of 1, 17 and other lengths, some of one row.</summary>
    public static TokenBatch Groups(int seed, int vocabulary, float temperature = 0.9f)
    {
        Random random = new(seed);
        List<(int[], int[][])> groups = [];
        foreach ((int prompt, int[] completions) in new (int, int[])[] { (33, [4, 17]), (17, [3]), (18, [1, 1, 9]), (1, [6, 40]) })
        {
            groups.Add((
                TestBatches.Tokens(random, prompt, vocabulary),
                [.. completions.Select(length => TestBatches.Tokens(random, length, vocabulary))]));
        }

        return TestBatches.Groups(groups, temperature);
    }

    /// <summary>What one policy gives for a batch.</summary>
    public static (float[] LogProbs, float[] Entropies, int[] ArgMax) Score(IPolicy policy, TokenBatch batch, int entropyTopK = 0)
    {
        float[] logProbs = new float[batch.TargetCount], entropies = new float[batch.TargetCount];
        int[] argmax = new int[batch.TargetCount];
        policy.Score(batch, logProbs, entropies, argmax, entropyTopK);
        return (logProbs, entropies, argmax);
    }

    /// <summary>A model's shape of which every family has all its parts.</summary>
    public static ModelConfig Config(ModelFamily family, bool tied = true) => TestModels.Config(family, tied) with { Heads = 4, KeyValueHeads = 2 };

    public void Dispose()
    {
        Embedded.Dispose();
        Torch.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
