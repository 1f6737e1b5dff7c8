using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

[TestFixture]
public class PhaseClockTests
{
    [Test]
    public void Enter_Phases_GetTheTimeBetweenAndNothingElse()
    {
        PhaseClock clock = new();
        clock.Enter(Phase.Rollout);
        Thread.Sleep(15);
        clock.Enter(Phase.Update);
        Thread.Sleep(10);
        clock.Enter(Phase.Rollout);
        Thread.Sleep(15);
        clock.Stop();

        // A sleep may be longer than asked for, never shorter than the clock's own grain below it.
        Assert.That(clock[Phase.Rollout], Is.GreaterThan(0.028));
        Assert.That(clock[Phase.Update], Is.GreaterThan(0.009));
        Assert.That(clock[Phase.Score], Is.Zero);
        Assert.That(clock.Total, Is.EqualTo(clock[Phase.Rollout] + clock[Phase.Update] + clock[Phase.Other]).Within(1e-12));
    }

    [Test]
    public void Total_AfterStop_StandsStill()
    {
        PhaseClock clock = new();
        clock.Enter(Phase.Score);
        clock.Stop();
        double total = clock.Total;
        Thread.Sleep(5);
        Assert.That(clock.Total, Is.EqualTo(total));
    }
}
