"""Says whether pairs of WFDB records hold the same samples; reads formats 16, 24 and 212 by itself, with numpy only.

usage: same_signals.py RECORD RECORD [RECORD RECORD ...]; prints one line a pair, exits 1 when any pair differs.
"""
import os
import sys

import numpy as np


def signals(record):
    lines = [line.split() for line in open(record + ".hea") if line.strip() and not line.startswith("#")]
    leads = int(lines[0][1])
    length = int(lines[0][3])
    name, spec = lines[1][0], lines[1][1]
    assert all(line[:2] == [name, spec] for line in lines[1 : 1 + leads]), "one file, one format"
    form, _, offset = spec.replace("x1", "").partition("+")
    raw = np.fromfile(os.path.join(os.path.dirname(record), name), np.uint8)[int(offset or 0) :]
    count = leads * length
    if form == "16":
        flat = raw[: 2 * count].view("<i2").astype(np.int64)
    elif form == "24":
        b = raw[: 3 * count].astype(np.int64).reshape(-1, 3)
        flat = b[:, 0] | b[:, 1] << 8 | b[:, 2] << 16
        flat -= (flat & 0x800000) << 1
    elif form == "212":
        b = raw[: (count + 1) // 2 * 3].astype(np.int64).reshape(-1, 3)
        flat = np.empty(2 * len(b), np.int64)
        flat[0::2] = b[:, 0] | (b[:, 1] & 0x0F) << 8
        flat[1::2] = b[:, 2] | (b[:, 1] & 0xF0) << 4
        flat -= (flat & 0x800) << 1
        flat = flat[:count]
    else:
        raise SystemExit("format " + form + " is not read here")
    assert len(flat) == count, record + " is short"
    return flat.reshape(length, leads)


pairs = list(zip(sys.argv[1::2], sys.argv[2::2]))
differing = 0
for one, other in pairs:
    a, b = signals(one), signals(other)
    same = a.shape == b.shape and bool((a == b).all())
    differing += not same
    print(os.path.basename(one), a.shape[0], a.shape[1], "same" if same else "DIFFERENT")
sys.exit(1 if differing else 0)
