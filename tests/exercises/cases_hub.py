import json

import numpy as np
from exercises.case import Case


def varint(n):
    out = []
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def without_mark(n):
    return bytes(byte & 127 for byte in varint(n))


def safetensors(arrays, *, width=8, origin=0, order="little", as_type="<f4"):
    header, body = {}, b""
    for name, array in arrays.items():
        raw = np.ascontiguousarray(array, as_type).tobytes()
        offsets = [origin + len(body), origin + len(body) + len(raw)]
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": offsets}
        body += raw
    head = json.dumps(header).encode()
    return len(head).to_bytes(width, order) + head + body


CASES = {
    "hub-varint": Case(
        right=varint,
        wrong=[
            lambda n: varint(n)[::-1],
            lambda n: n.to_bytes(8, "little"),
            without_mark,
            lambda n: bytes([n & 127]),
            lambda n: list(varint(n)),
        ],
    ),
    "hub-safetensors-write": Case(
        right=safetensors,
        wrong=[
            lambda arrays: safetensors(arrays, width=4),
            lambda arrays: safetensors(arrays, origin=8),
            lambda arrays: safetensors(arrays, order="big"),
            lambda arrays: safetensors(arrays, as_type="<f8"),
            lambda arrays: safetensors({"w": arrays["w"]}),
            lambda arrays: safetensors({name: a.T for name, a in arrays.items()}),
        ],
    ),
    "hub-medium": Case(
        right=1_419_292_672,
        wrong=[354_823_168, 1_625_145_344, 1_415_098_368, 1_419_284_480, 2_838_585_344, "354 823 168"],
    ),
    "hub-keep": Case(
        right=["D", "A", "no"],
        wrong=[["BC", "A", "no"], ["D", "AB", "no"], ["D", "A", "yes"], ["ABCD", "A", "no"], "DA no"],
    ),
}
