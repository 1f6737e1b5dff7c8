using RlmEngine.Recipes;

namespace RlmEngine.Training;

/// <summary>Learning rate at each step of a stage: linear warm-up to the peak, then constant, linear or cosine.</summary>
public sealed class LearningRate
{
    private readonly LearningRateOptions _options;
    private readonly int _steps;

    /// <summary>Creates the schedule of a stage.</summary>
    /// <param name="options">Peak, warm-up, shape.</param>
    /// <param name="steps">Steps of the stage.</param>
    public LearningRate(LearningRateOptions options, int steps) => (_options, _steps) = (options, steps);

    /// <summary>peak · (t + 1) / warm-up while t is below it; then the shape over x = (t − warm-up) / (T − 1 − warm-up) in [0, 1].</summary>
    public double At(int step)
    {
        if (step < _options.WarmupSteps)
            return _options.Peak * (step + 1) / _options.WarmupSteps;
        double x = Math.Clamp((double)(step - _options.WarmupSteps) / Math.Max(1, _steps - 1 - _options.WarmupSteps), 0, 1);
        double share = _options.Schedule switch
        {
            LearningRateSchedule.Constant => 1,
            LearningRateSchedule.Linear => 1 - x * (1 - _options.FinalShare),
            LearningRateSchedule.Cosine => _options.FinalShare + (1 - _options.FinalShare) * 0.5 * (1 + Math.Cos(Math.PI * x)),
            _ => throw new ArgumentOutOfRangeException(nameof(step), _options.Schedule, "unknown schedule"),
        };
        return _options.Peak * share;
    }
}
