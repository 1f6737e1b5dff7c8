using RlmEngine.Policies;
using RlmEngine.Recipes;

namespace RlmEngine.Training;

/// <summary>Makes and loads policies; the one thing a run must be given by the flavour (embedded transformer, TorchSharp).</summary>
public interface IPolicyFactory
{
    /// <summary>Name of the device, for summary.json.</summary>
    string Device { get; }

    /// <summary>Most memory that was in use on the device of the policies made here, bytes; null where it is the process's own.</summary>
    long? PeakDeviceMemoryBytes => null;

    /// <summary>Makes a policy with new weights.</summary>
    /// <param name="options">Shape.</param>
    /// <param name="vocabularySize">V.</param>
    /// <param name="seed">Key of the initial weights.</param>
    IPolicy Create(ModelOptions options, int vocabularySize, ulong seed);

    /// <summary>Loads a policy from a folder that <see cref="IPolicy.SaveWeights"/> wrote.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">What products read and what backward computes again; the shape is the folder's.</param>
    /// <exception cref="InvalidDataException">A file is missing, cut off or not of a supported model.</exception>
    IPolicy Load(string folder, ModelOptions options);
}
