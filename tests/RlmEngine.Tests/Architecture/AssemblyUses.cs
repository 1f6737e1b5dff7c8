using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace RlmEngine.Tests.Architecture;

/// <summary>Reads from a compiled assembly which type uses which.</summary>
public sealed class AssemblyUses
{
    private readonly PEReader _image;
    private readonly MetadataReader _metadata;
    private readonly string _assembly;

    private AssemblyUses(PEReader image)
    {
        _image = image;
        _metadata = image.GetMetadataReader();
        _assembly = _metadata.GetString(_metadata.GetAssemblyDefinition().Name);
    }

    /// <summary>All uses between two different outermost types.</summary>
    /// <param name="assembly">The bytes of a managed dll.</param>
    public static IReadOnlyCollection<TypeUse> Read(Stream assembly)
    {
        using var image = new PEReader(assembly);
        var reader = new AssemblyUses(image);
        var uses = new SortedSet<TypeUse>(Comparer<TypeUse>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString())));
        foreach (TypeDefinitionHandle handle in reader._metadata.TypeDefinitions)
        {
            TypeName user = reader.NameOf(handle);
            uses.UnionWith(reader.UsedBy(handle).Select(reader.NameOf).Where(used => used != user).Select(used => new TypeUse(user, used)));
        }

        return uses;
    }

    private IReadOnlyCollection<EntityHandle> UsedBy(TypeDefinitionHandle handle)
    {
        var used = new UsedTypes();
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        Collect(type.BaseType, used);
        foreach (InterfaceImplementationHandle implementation in type.GetInterfaceImplementations())
            Collect(_metadata.GetInterfaceImplementation(implementation).Interface, used);
        foreach (FieldDefinitionHandle field in type.GetFields())
            _metadata.GetFieldDefinition(field).DecodeSignature(used, null);
        foreach (PropertyDefinitionHandle property in type.GetProperties())
            CollectAttributes(_metadata.GetPropertyDefinition(property).GetCustomAttributes(), used);
        foreach (MethodDefinitionHandle method in type.GetMethods())
            CollectMethod(_metadata.GetMethodDefinition(method), used);
        CollectConstraints(type.GetGenericParameters(), used);
        CollectAttributes(type.GetCustomAttributes(), used);
        return used.Handles;
    }

    private void CollectMethod(MethodDefinition method, UsedTypes used)
    {
        method.DecodeSignature(used, null);
        CollectConstraints(method.GetGenericParameters(), used);
        CollectAttributes(method.GetCustomAttributes(), used);
        if (method.RelativeVirtualAddress == 0)
            return;
        MethodBodyBlock body = _image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
            _metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(used, null);
        foreach (ExceptionRegion region in body.ExceptionRegions)
            Collect(region.CatchType, used);
        foreach (EntityHandle handle in IlTokens.Of(body.GetILReader()))
            Collect(handle, used);
    }

    private void CollectConstraints(GenericParameterHandleCollection parameters, UsedTypes used)
    {
        foreach (GenericParameterConstraintHandle constraint in parameters.SelectMany(p => _metadata.GetGenericParameter(p).GetConstraints()))
            Collect(_metadata.GetGenericParameterConstraint(constraint).Type, used);
    }

    private void CollectAttributes(CustomAttributeHandleCollection attributes, UsedTypes used)
    {
        foreach (CustomAttributeHandle attribute in attributes)
            Collect(_metadata.GetCustomAttribute(attribute).Constructor, used);
    }

    private void Collect(EntityHandle handle, UsedTypes used)
    {
        if (handle.IsNil)
            return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition or HandleKind.TypeReference:
                used.Add(handle);
                break;
            case HandleKind.TypeSpecification:
                _metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(used, null);
                break;
            case HandleKind.FieldDefinition:
                FieldDefinition field = _metadata.GetFieldDefinition((FieldDefinitionHandle)handle);
                used.Add(field.GetDeclaringType());
                field.DecodeSignature(used, null);
                break;
            case HandleKind.MethodDefinition:
                MethodDefinition method = _metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                used.Add(method.GetDeclaringType());
                method.DecodeSignature(used, null);
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification generic = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                generic.DecodeSignature(used, null);
                Collect(generic.Method, used);
                break;
            case HandleKind.MemberReference:
                CollectMember(_metadata.GetMemberReference((MemberReferenceHandle)handle), used);
                break;
        }
    }

    private void CollectMember(MemberReference member, UsedTypes used)
    {
        Collect(member.Parent, used);
        if (member.GetKind() == MemberReferenceKind.Field)
            member.DecodeFieldSignature(used, null);
        else
            member.DecodeMethodSignature(used, null);
    }

    private TypeName NameOf(EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeDefinition)
        {
            TypeDefinition definition = _metadata.GetTypeDefinition((TypeDefinitionHandle)handle);
            return definition.IsNested
                ? NameOf(definition.GetDeclaringType())
                : new TypeName(_assembly, _metadata.GetString(definition.Namespace), _metadata.GetString(definition.Name));
        }

        TypeReference reference = _metadata.GetTypeReference((TypeReferenceHandle)handle);
        if (reference.ResolutionScope.Kind == HandleKind.TypeReference)
            return NameOf(reference.ResolutionScope);
        string assembly = reference.ResolutionScope.Kind == HandleKind.AssemblyReference
            ? _metadata.GetString(_metadata.GetAssemblyReference((AssemblyReferenceHandle)reference.ResolutionScope).Name)
            : _assembly;
        return new TypeName(assembly, _metadata.GetString(reference.Namespace), _metadata.GetString(reference.Name));
    }
}
