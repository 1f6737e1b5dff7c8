namespace RlmEngine.Kernels.Ilgpu.Cuda;

/// <summary>What the CUDA driver refused to do, and its reason.</summary>
/// <param name="message">One line.</param>
public sealed class CudaException(string message) : Exception(message);
