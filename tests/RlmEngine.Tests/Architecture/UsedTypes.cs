using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace RlmEngine.Tests.Architecture;

/// <summary>Collects every type that a signature names; the decoded value itself carries nothing.</summary>
public sealed class UsedTypes : ISignatureTypeProvider<bool, object?>
{
    private readonly HashSet<EntityHandle> _handles = [];

    /// <summary>Type definitions and type references seen so far.</summary>
    public IReadOnlyCollection<EntityHandle> Handles => _handles;

    /// <summary>Adds a definition or reference that stands outside a signature.</summary>
    public bool Add(EntityHandle handle) => _handles.Add(handle);

    /// <inheritdoc/>
    public bool GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Add(handle);

    /// <inheritdoc/>
    public bool GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => Add(handle);

    /// <inheritdoc/>
    public bool GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
        => reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    /// <inheritdoc/>
    public bool GetArrayType(bool elementType, ArrayShape shape) => true;

    /// <inheritdoc/>
    public bool GetByReferenceType(bool elementType) => true;

    /// <inheritdoc/>
    public bool GetFunctionPointerType(MethodSignature<bool> signature) => true;

    /// <inheritdoc/>
    public bool GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) => true;

    /// <inheritdoc/>
    public bool GetGenericMethodParameter(object? genericContext, int index) => true;

    /// <inheritdoc/>
    public bool GetGenericTypeParameter(object? genericContext, int index) => true;

    /// <inheritdoc/>
    public bool GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => true;

    /// <inheritdoc/>
    public bool GetPinnedType(bool elementType) => true;

    /// <inheritdoc/>
    public bool GetPointerType(bool elementType) => true;

    /// <inheritdoc/>
    public bool GetPrimitiveType(PrimitiveTypeCode typeCode) => true;

    /// <inheritdoc/>
    public bool GetSZArrayType(bool elementType) => true;
}
