using RlmEngine.Training;

namespace RlmEngine.Cli.Display;

/// <summary>Measures the steps of the stage in hand and tells how long the rest of it takes.</summary>
internal sealed class StageClock(TimeProvider clock)
{
    private string _stage = "";
    private long _start;
    private int _startStep;

    /// <summary>Time left in the step's stage by the mean of its steps since the first one seen; null at that one.</summary>
    public TimeSpan? Left(RunStep step)
    {
        if (step.Stage != _stage)
        {
            (_stage, _start, _startStep) = (step.Stage, clock.GetTimestamp(), step.StageStep);
            return null;
        }

        int measured = step.StageStep - _startStep;
        return measured <= 0 ? null : clock.GetElapsedTime(_start) / measured * (step.StageSteps - step.StageStep);
    }
}
