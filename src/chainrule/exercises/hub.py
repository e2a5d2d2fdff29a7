"""Checks of *Around the frameworks*."""

import json

import numpy as np

from chainrule.exercises import call, check, number_is


@check("hub-varint")
def hub_varint(answer):
    for n in (0, 1, 127, 128, 300, 16_384, 2**40 + 5):
        rest, right = n, []
        while rest > 127:
            right.append(rest % 128 + 128)
            rest //= 128
        right = bytes([*right, rest])
        got = call(answer, n)
        if not isinstance(got, bytes | bytearray):
            return f"return bytes; got {type(got).__name__}"
        if bytes(got) == right:
            continue
        if len(got) != len(right):
            return f"{n} takes {len(right)} bytes, seven bits in each; got {len(got)}"
        if bytes(got) == right[::-1]:
            return "the lowest seven bits come first"
        return f"{n} is off: the highest bit of a byte says whether another one follows"
    return None


@check("hub-safetensors-write")
def hub_safetensors_write(answer):
    rng = np.random.default_rng(0)
    arrays = {"w": rng.normal(size=(2, 3)), "b": rng.normal(size=4), "scale": rng.normal(size=())}
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    raw = call(answer, dict(arrays))
    if not isinstance(raw, bytes | bytearray):
        return f"return bytes; got {type(raw).__name__}"
    start = 8 + int.from_bytes(raw[:8], "little")
    try:
        header = json.loads(bytes(raw[8:start]).decode())
    except ValueError:
        return "the first 8 bytes are the length of the header, lowest byte first; JSON of that length follows"
    if not isinstance(header, dict) or set(header) - {"__metadata__"} != set(arrays):
        return "the header maps the name of every array to its entry"
    for name, array in arrays.items():
        fault = _entry_fault(name, array, header[name], raw[start:])
        if fault:
            return fault
    return None


def _entry_fault(name, array, entry, body):
    if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= set(entry):
        return f"the entry of {name} needs dtype, shape and data_offsets"
    if entry["dtype"] != "F32" or entry["shape"] != list(array.shape):
        return f"dtype and shape of {name} must be F32 and {list(array.shape)}"
    begin, end = entry["data_offsets"]
    if end - begin != array.nbytes:
        return f"{name} takes {array.nbytes} bytes; data_offsets span {end - begin}"
    if bytes(body[begin:end]) != array.tobytes():
        return f"the bytes of {name} are not where data_offsets say; they count from the end of the header"
    return None


@check("hub-medium")
def hub_medium(answer):
    d, n_layer, vocabulary, context = 1024, 24, 50_257, 1024
    n = (vocabulary + context + 2) * d + n_layer * (12 * d * d + 13 * d)
    for wrong, hint in [
        (n, "those are the parameters; a number takes four bytes"),
        (4 * (n + vocabulary * d), "tied weights are stored once"),
        (4 * (n - context * d), "the positions have a table of their own"),
        (4 * (n - 2 * d), "behind the last block comes one more norm"),
        (8 * n, "float32 is four bytes, not eight"),
    ]:
        if number_is(answer, wrong) is None:
            return hint
    return number_is(answer, 4 * n)


@check("hub-keep")
def hub_keep(answer):
    if not isinstance(answer, list | tuple) or len(answer) != 3:
        return 'give three strings, such as ["BC", "AB", "yes"]'
    if not all(isinstance(part, str) for part in answer):
        return 'give three strings, such as ["BC", "AB", "yes"]'
    run, seen, resumed = answer
    if set(run.upper()) == set("BC"):
        return "with B and C you also need the program that builds the model; one of the files is enough"
    if set(run.upper()) != set("D"):
        return "which file holds operations and weights both?"
    if set(seen.upper()) != set("A"):
        return "only one of the files knows anything of the time before the end"
    if resumed.strip().lower() != "no":
        return "where would the momentum and the state of the random numbers come from?"
    return None
