"""A person network small enough to be written by hand: it takes red for a person. ONNX's protobuf, byte by byte."""

import struct
from math import log

_FLOAT, _INT64 = 1, 7


def red_is_a_person(side: int, width: float = 4.0, height: float = 4.0, classes: int = 2) -> bytes:
    """Return an ONNX file in YOLOX's form, input (1, 3, *side*, *side*) BGR: red cells are people.

    Each box is *width* × *height* strides large and in the middle of its cell; only stride 32 sees, so that one red
    patch is one box a cell. Its score is red less green, over 255.
    """
    channels = 5 + classes
    nodes, weights = b"", b""
    for stride in (8, 16, 32):
        matrix = [[0.0, 0.0, 0.0] for _ in range(channels)]
        bias = [0.5, 0.5, log(width), log(height), 0.0, 1.0] + [0.0] * (classes - 1)
        if stride == 32:
            matrix[4] = [0.0, -1 / 255, 1 / 255]
        flat = [number for row in matrix for number in row]
        weights += _bytes(5, _tensor(f"w{stride}", (channels, 3, 1, 1), flat))
        weights += _bytes(5, _tensor(f"b{stride}", (channels,), bias))
        weights += _bytes(5, _shape(f"s{stride}", (1, channels, (side // stride) ** 2)))
        pooled = _ints("kernel_shape", stride, stride) + _ints("strides", stride, stride)
        nodes += _node("AveragePool", ["images"], f"p{stride}", pooled)
        nodes += _node("Conv", [f"p{stride}", f"w{stride}", f"b{stride}"], f"c{stride}", _ints("kernel_shape", 1, 1))
        nodes += _node("Reshape", [f"c{stride}", f"s{stride}"], f"r{stride}", b"")
    nodes += _node("Concat", ["r8", "r16", "r32"], "all", _int("axis", 2))
    nodes += _node("Transpose", ["all"], "output", _ints("perm", 0, 2, 1))
    boxes = sum((side // stride) ** 2 for stride in (8, 16, 32))
    graph = nodes + _bytes(2, b"tiny") + weights
    graph += _bytes(11, _value("images", (1, 3, side, side))) + _bytes(12, _value("output", (1, boxes, channels)))
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 13))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _node(kind: str, inputs: list[str], output: str, attributes: bytes) -> bytes:
    named = b"".join(_bytes(1, name.encode()) for name in inputs) + _bytes(2, output.encode())
    return _bytes(1, named + _bytes(3, output.encode()) + _bytes(4, kind.encode()) + attributes)


def _ints(name: str, *values: int) -> bytes:
    return _bytes(5, _bytes(1, name.encode()) + b"".join(_number(8, v) for v in values) + _number(20, 7))


def _int(name: str, value: int) -> bytes:
    return _bytes(5, _bytes(1, name.encode()) + _number(3, value) + _number(20, 2))


def _tensor(name: str, shape: tuple[int, ...], values: list[float]) -> bytes:
    dims = b"".join(_number(1, side) for side in shape)
    return dims + _number(2, _FLOAT) + _bytes(8, name.encode()) + _bytes(9, struct.pack(f"<{len(values)}f", *values))


def _shape(name: str, values: tuple[int, ...]) -> bytes:
    packed = struct.pack(f"<{len(values)}q", *values)
    return _number(1, len(values)) + _number(2, _INT64) + _bytes(8, name.encode()) + _bytes(9, packed)


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(_bytes(1, _number(1, side)) for side in shape)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _number(1, _FLOAT) + _bytes(2, dims)))
