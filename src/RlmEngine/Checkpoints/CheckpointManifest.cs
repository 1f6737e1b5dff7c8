namespace RlmEngine.Checkpoints;

/// <summary>checkpoint.json: what a checkpoint is and the files it must hold.</summary>
/// <param name="Step">Steps completed, over all stages.</param>
/// <param name="Stage">Name of the stage it was written in.</param>
/// <param name="PolicyHash">SHA-256 over the policy's weights, as the policy gives it.</param>
/// <param name="RecipeHash">SHA-256 of the run's recipe.</param>
/// <param name="Files">Every file but the manifest itself, by name.</param>
public sealed record CheckpointManifest(
    int Step, string Stage, string PolicyHash, string RecipeHash, IReadOnlyList<CheckpointFile> Files);

/// <summary>One file of a checkpoint.</summary>
/// <param name="Name">Path below the checkpoint's folder, with "/" between its parts.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its SHA-256, lower-case hex.</param>
public sealed record CheckpointFile(string Name, long Bytes, string Sha256);
