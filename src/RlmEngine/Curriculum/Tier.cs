namespace RlmEngine.Curriculum;

/// <summary>Difficulty of a token by its entropy under the model that measures difficulty.</summary>
public enum Tier
{
    /// <summary>Low entropy.</summary>
    Easy,

    /// <summary>In between.</summary>
    Medium,

    /// <summary>High entropy.</summary>
    Hard,
}
