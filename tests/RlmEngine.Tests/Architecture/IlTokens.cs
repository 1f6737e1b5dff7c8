using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace RlmEngine.Tests.Architecture;

/// <summary>Reads the metadata tokens out of a method's instructions.</summary>
public static class IlTokens
{
    private static readonly Dictionary<int, OperandType> Operands = typeof(OpCodes).GetFields()
        .Where(field => field.FieldType == typeof(OpCode))
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value, code => code.OperandType);

    /// <summary>The handles that the instructions name: types, methods, fields and stand-alone signatures.</summary>
    public static IEnumerable<EntityHandle> Of(BlobReader instructions)
    {
        var handles = new List<EntityHandle>();
        while (instructions.RemainingBytes > 0)
        {
            int code = instructions.ReadByte();
            if (code == 0xFE)
                code = 0xFE00 | instructions.ReadByte();
            Read(Operands[code], ref instructions, handles);
        }

        return handles;
    }

    private static void Read(OperandType operand, ref BlobReader instructions, List<EntityHandle> handles)
    {
        switch (operand)
        {
            case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType or OperandType.InlineSig:
                handles.Add(MetadataTokens.EntityHandle(instructions.ReadInt32()));
                break;
            case OperandType.InlineSwitch:
                int cases = instructions.ReadInt32();
                instructions.Offset += 4 * cases;
                break;
            default:
                instructions.Offset += Size(operand);
                break;
        }
    }

    private static int Size(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => 4,
    };
}
