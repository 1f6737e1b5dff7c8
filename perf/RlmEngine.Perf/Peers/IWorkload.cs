namespace RlmEngine.Perf.Peers;

/// <summary>Work that is done again and again, by the engine here and by its peer in perf/peers.</summary>
public interface IWorkload : IDisposable
{
    /// <summary>The model's operations in one run; 0 where bytes are what counts.</summary>
    double Flops { get; }

    /// <summary>Does the work once.</summary>
    void Run();
}
