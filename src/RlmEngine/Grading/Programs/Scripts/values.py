# Values on their way between two processes of which one is not trusted: plain data as JSON, everything else as a number that only the
# process that owns it understands. Reading them runs no code of the sender's.
import json


TYPES = {kind.__name__: kind for kind in (bool, int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset, dict, type(None), object)}


def pack(value, remember):
    kind = type(value)
    if value is None or kind in (bool, float, str):
        return value
    if isinstance(value, int):
        value = int.__index__(value)
        return value if -(1 << 63) <= value < 1 << 63 else {"int": hex(value)}
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, list):
        return [pack(item, remember) for item in value]
    if isinstance(value, dict):
        return {"dict": [[pack(key, remember), pack(item, remember)] for key, item in dict.items(value)]}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes" if isinstance(value, bytes) else "bytearray": bytes(value).hex()}
    for name, sequence in (("tuple", tuple), ("set", set), ("frozenset", frozenset)):
        if isinstance(value, sequence):
            return {name: [pack(item, remember) for item in sequence.__iter__(value)]}
    if kind is type and TYPES.get(value.__name__) is value:
        return {"type": value.__name__}
    return pack_library(value, kind, remember)


def pack_library(value, kind, remember):
    # By name, so that a program that needs none of these modules does not pay for them.
    name = kind.__module__ + "." + kind.__qualname__
    if name == "collections.deque":
        return {"deque": [pack(item, remember) for item in value]}
    if name == "builtins.complex":
        return {"complex": [value.real, value.imag]}
    if name == "builtins.range":
        return {"range": [pack(edge, remember) for edge in (value.start, value.stop, value.step)]}
    if name == "fractions.Fraction":
        return {"Fraction": [pack(value.numerator, remember), pack(value.denominator, remember)]}
    if name == "decimal.Decimal":
        return {"Decimal": str(value)}
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return pack(value.tolist(), remember)
    return remember(value)


def unpack(value, recall):
    if isinstance(value, list):
        return [unpack(item, recall) for item in value]
    if not isinstance(value, dict):
        return value
    (name, content), = value.items()
    if name == "int":
        return int(content, 16)
    if name == "dict":
        return {unpack(key, recall): unpack(item, recall) for key, item in content}
    if name in ("bytes", "bytearray"):
        return {"bytes": bytes, "bytearray": bytearray}[name].fromhex(content)
    if name in ("tuple", "set", "frozenset"):
        return {"tuple": tuple, "set": set, "frozenset": frozenset}[name]([unpack(item, recall) for item in content])
    if name == "type":
        return TYPES[content]
    return unpack_library(name, content, recall)


def unpack_library(name, content, recall):
    if name == "deque":
        from collections import deque
        return deque(unpack(content, recall))
    if name == "complex":
        return complex(*map(float, content))
    if name == "range":
        return range(*unpack(content, recall))
    if name == "Fraction":
        from fractions import Fraction
        return Fraction(*unpack(content, recall))
    if name == "Decimal":
        from decimal import Decimal
        return Decimal(content)
    if name == "object":
        return recall(content)
    raise ValueError("a value that is none")
