using System.Diagnostics;
using RlmEngine.Kernels;
using RlmEngine.Kernels.Dense;
using RlmEngine.Policies;

namespace RlmEngine.Transformer.Planning;

/// <summary>What this machine does a second, measured for about two seconds, and the time that follows.</summary>
/// <param name="GemmFlops">Operations a second of a matrix product of 1024 a side, all threads together.</param>
/// <param name="ReadBytes">Bytes read from memory a second, all threads together.</param>
public sealed record MachineRate(double GemmFlops, double ReadBytes)
{
    /// <summary>Share of the product's rate that a training, scoring or drawing pass reaches as a whole; the estimate rests on it.</summary>
    public const double Share = 0.5;

    // Bytes an update moves for each parameter: gradient read for its norm; gradient, moments and weight read and written; both packed copies written.
    private const double UpdateBytes = 44;
    private const int Size = 1024;
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(0.4);

    /// <summary>Measures.</summary>
    public static MachineRate Measure()
    {
        float[] x = new float[Size * Size], y = new float[Size * Size];
        Array.Fill(x, 0.5f);
        using PackedMatrix w = new(Size, Size);
        w.Pack(x);
        double best = double.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < s_time;)
        {
            long call = Stopwatch.GetTimestamp();
            Gemm.Forward(x, Size, w, y);
            best = Math.Min(best, Stopwatch.GetElapsedTime(call).TotalSeconds);
        }

        return new MachineRate(2.0 * Size * Size * Size / best, MachineLimits.Measure().ReadBytesAllCores);
    }

    /// <summary>
    /// FLOPs / (share · rate) of each phase; drawing takes at least the reading of all matrices for each token of a row, and an update
    /// the moving of 44 bytes for each parameter.
    /// </summary>
    public PhaseSeconds SecondsOf(StageCost cost, ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(cost);
        var parameters = ParameterCount.Of(config);
        double rate = Share * GemmFlops;
        int bytes = config.Compute == WeightType.Bfloat16 ? sizeof(ushort) : sizeof(float);
        double weights = bytes * ((double)parameters.Matrices + parameters.Embedding);
        return new PhaseSeconds(
            Math.Max(cost.RolloutFlops / rate, cost.DecodingSteps * weights / ReadBytes),
            cost.ScoreFlops / rate,
            (TrainedTimes(config) * cost.TrainFlops / rate) + (cost.Updates * UpdateBytes * parameters.Total / ReadBytes));
    }

    // Training is three times forward; layers that run again make it four.
    private static double TrainedTimes(ModelConfig config) => config.Recompute == Recomputation.Layers ? 4.0 / 3 : 1;
}

/// <summary>Seconds by phase.</summary>
/// <param name="Rollout">Drawing completions.</param>
/// <param name="Score">Scoring.</param>
/// <param name="Train">Training and updates.</param>
public sealed record PhaseSeconds(double Rollout, double Score, double Train)
{
    /// <summary>All of them.</summary>
    public double Total => Rollout + Score + Train;

    /// <summary>The sum by phase.</summary>
    public static PhaseSeconds operator +(PhaseSeconds left, PhaseSeconds right) =>
        new(left.Rollout + right.Rollout, left.Score + right.Score, left.Train + right.Train);
}
