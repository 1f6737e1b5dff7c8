using RlmEngine.Metrics;

namespace RlmEngine.Training;

/// <summary>Hears how a run goes on; called from the run's own thread, between steps.</summary>
public interface IRunProgress
{
    /// <summary>A step is done.</summary>
    void StepDone(RunStep step);

    /// <summary>Part of a longer work beside the steps is done, such as an evaluation or a scoring pass.</summary>
    /// <param name="what">Its name, the same each time.</param>
    /// <param name="done">Units done so far, at least 0.</param>
    /// <param name="total">All units; 0 when that is not known.</param>
    void WorkDone(string what, long done, long total);

    /// <summary>One line worth saying: a result, or a warning.</summary>
    void Note(string line);
}

/// <summary>A step as progress shows it.</summary>
/// <param name="Stage">Name of the stage.</param>
/// <param name="StageStep">Steps of the stage done, this one included.</param>
/// <param name="StageSteps">Steps of the stage.</param>
/// <param name="Step">Steps of all stages done, this one included.</param>
/// <param name="Steps">Steps of all stages.</param>
/// <param name="Metrics">The step's metrics.</param>
public readonly record struct RunStep(string Stage, int StageStep, int StageSteps, int Step, int Steps, StepMetrics Metrics);
