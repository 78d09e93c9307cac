"""Second reader of WFDB files, written from signal(5) and annot(5) with numpy alone.

unpack.py signals       stdin: JSON [[file, format, signals, byte offset, samples], ...]
                        stdout: JSON, per file per signal {"sha256": of its int32 little-endian samples, "sum": sum}
unpack.py annotations   stdin: JSON [file, ...]; stdout: JSON, per file [[sample, code, subtype, channel, num, aux], ...]
"""

import hashlib
import json
import struct
import sys

import numpy as np


def unpack16(data):
    return np.frombuffer(data, "<i2")


def unpack24(data):
    three = np.frombuffer(data, np.uint8).reshape(-1, 3)
    four = np.zeros((len(three), 4), np.uint8)
    four[:, 1:] = three
    return four.reshape(-1).view("<i4") // 256


def unpack80(data):
    return np.frombuffer(data, np.uint8).astype(np.int32) - 128


def unpack212(data):
    """As a stream of nibbles, low nibble first: the first sample takes the nibbles 0 1 2, the second 4 5 3."""
    octets = np.frombuffer(data + bytes(-len(data) % 3), np.uint8)
    nibbles = np.stack([octets % 16, octets // 16], axis=1).reshape(-1, 6).astype(np.int32)
    pairs = np.stack([nibbles[:, [0, 1, 2]] @ [1, 16, 256], nibbles[:, [4, 5, 3]] @ [1, 16, 256]], axis=1)
    values = pairs.reshape(-1)
    return np.where(values >= 2048, values - 4096, values)


def signals(request):
    unpack = {16: unpack16, 24: unpack24, 80: unpack80, 212: unpack212}
    answer = []
    for file, number, count, offset, samples in request:
        with open(file, "rb") as stream:
            values = unpack[number](stream.read()[offset:])[: count * samples].reshape(samples, count)
        columns = [np.ascontiguousarray(values[:, column], "<i4") for column in range(count)]
        answer.append([{"sha256": hashlib.sha256(c.tobytes()).hexdigest(), "sum": int(c.sum(dtype=np.int64))} for c in columns])
    return answer


def annotations(request):
    answer = []
    for file in request:
        with open(file, "rb") as stream:
            data = stream.read()
        rows, position, time, channel, number = [], 0, 0, 0, 0
        while True:
            (word,) = struct.unpack_from("<H", data, position)
            position += 2
            kind, value = divmod(word, 1024)
            if word == 0:
                break
            if kind == 59:
                high, low = struct.unpack_from("<hH", data, position)
                time += high * 65536 + low
                position += 4
            elif kind == 60:
                number = rows[-1][4] = struct.unpack("b", bytes([value % 256]))[0]
            elif kind == 61:
                rows[-1][2] = struct.unpack("b", bytes([value % 256]))[0]
            elif kind == 62:
                channel = rows[-1][3] = value
            elif kind == 63:
                rows[-1][5] = data[position : position + value].decode("latin-1").rstrip("\0")
                position += value + value % 2
            else:
                time += value
                rows.append([time, kind, 0, channel, number, None])
        answer.append(rows)
    return answer


if __name__ == "__main__":
    json.dump({"signals": signals, "annotations": annotations}[sys.argv[1]](json.load(sys.stdin)), sys.stdout)
