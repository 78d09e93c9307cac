"""Trains the block codec's predictors and code lengths (protocol/codec/tables.ts) and measures the codec's cost.

    /usr/bin/python3 tools/codec/train.py DATA            prints the tables and their cost on all of the records
    /usr/bin/python3 tools/codec/train.py DATA --folds 2  leave-records-out: trains without a fold, costs the fold

DATA holds WFDB folders mitdb/, cinc2017/, cpsc2021/ and twelvelead/. Nothing here runs in the product. The cost is that
of the wire format (protocol/codec/README.md) for one lead: header, first sample, codes, padding to a byte.
"""
import argparse
import glob
import heapq
import os
import re

import numpy as np

N = 360  # samples per training block
TAPS = 8
TRAINED = 11  # predictors 4 to 14
SYMBOLS, LONGEST = 32, 12
CONTEXTS = [int(c, 16) for c in "0123456788" "99aabbccccddddeeeeffff"]
PLAIN = np.array([[0] * 8, [256] + [0] * 7, [512, -256] + [0] * 6])  # first to third difference


def signals(path):
    """Every signal of a WFDB record of format 212, 16 or MATLAB v4, as int64 arrays."""
    lines = [line.split() for line in open(path) if line.strip() and line[0] != "#"]
    count = int(lines[0][1])
    name, form = lines[1][0], re.match(r"\d+", lines[1][1]).group()
    raw = os.path.join(os.path.dirname(path), name)
    if form == "212":
        b = np.fromfile(raw, np.uint8).astype(np.int64)
        b = b[: len(b) // 3 * 3].reshape(-1, 3)
        x = np.stack([b[:, 0] | (b[:, 1] & 15) << 8, b[:, 2] | b[:, 1] >> 4 << 8], 1)
        return list(np.where(x > 2047, x - 4096, x).T)
    offset = int((re.search(r"\+(\d+)", lines[1][1]) or [0, 0])[1])
    x = np.fromfile(raw, "<i2", offset=offset).astype(np.int64)
    return list(x[: len(x) // count * count].reshape(-1, count).T)


def blocks(signal, step):
    n = len(signal) // N
    return signal[: n * N].reshape(n, N)[::step]


def load(data, quick):
    """Blocks by record: the measured set (mitdb signal 0) and the extra ones that keep the codebook general."""
    main, extra = [], []
    for path in sorted(glob.glob(data + "/mitdb/*.hea")):
        s = signals(path)
        main.append(blocks(s[0], 4 * quick))
        extra.append(blocks(s[1], 24 * quick))
    for folder, step in (("cinc2017", 2), ("cpsc2021", 1), ("twelvelead", 1)):
        found = [blocks(s, step * quick) for p in sorted(glob.glob(f"{data}/{folder}/*.hea")) for s in signals(p)]
        size = max(1, len(found) // 4)
        extra += [np.concatenate(found[i : i + size]) for i in range(0, len(found), size)]
    return main, extra


def differences(x):
    d = np.zeros_like(x)
    d[:, 1:] = x[:, 1:] - x[:, :-1]
    return d


def lags(d):
    out = np.zeros((TAPS,) + d.shape, d.dtype)
    for i in range(TAPS):
        out[i, :, i + 1 :] = d[:, : -i - 1]
    return out


def residual(d, taps):
    return d - (np.tensordot(np.asarray(taps, np.int64), lags(d), 1) >> 8)


def states(r):
    """The running magnitude s before each sample from the second on, and the level that starts it."""
    a = np.abs(r[:, 1:])
    level = np.clip(np.rint(np.log2(4 * a[:, :8].mean(1) + 1)), 0, 15).astype(np.int64)
    s = (1 << level) - 1
    out = np.empty_like(a)
    for t in range(a.shape[1]):
        out[:, t] = s
        s = s + a[:, t] - (s >> 2)
    return out


def symbols(r):
    """(context, symbol, extra bits) of every residual from the second on."""
    s = states(r)
    k = np.zeros_like(s)
    while (s > 31).any():
        k += s > 31
        s = np.where(s > 31, s >> 1, s)
    r = r[:, 1:]
    q = np.where(r < 0, -2 * r - 1, 2 * r) >> k
    j = np.floor(np.log2(np.maximum(q - 16, 8) / 8)).astype(np.int64)
    far = q >= 24
    symbol = np.where(far, np.minimum(24 + j, 31), q)
    bits = np.where(far, np.where(j >= 7, 28, 3 + j + k), k)
    return np.array(CONTEXTS)[s], symbol, bits


def limited_lengths(counts):
    """Package-merge: optimal code lengths of at most LONGEST bits."""
    leaves = sorted((c, (i,)) for i, c in enumerate(counts))
    packages = []
    for _ in range(LONGEST):
        merged = list(heapq.merge(leaves, packages))
        packages = [(a[0] + b[0], a[1] + b[1]) for a, b in zip(merged[::2], merged[1::2])]
    lengths = [0] * len(counts)
    for _, members in packages[: len(counts) - 1]:
        for i in members:
            lengths[i] += 1
    return lengths


def fit(d, iterations=3):
    """Iteratively reweighted least squares: a sample weighs by how quiet its surroundings are."""
    y = d[:, 1:].ravel().astype(np.float64)
    L = lags(d)[:, :, 1:].reshape(TAPS, -1).astype(np.float64)
    taps = np.array([1.0] + [0.0] * (TAPS - 1))
    for _ in range(iterations):
        r = np.zeros_like(d)
        r[:, 1:] = np.rint(y - taps @ L).reshape(len(d), -1)
        w = (states(r).ravel() / 4 + 0.5) ** -1.5
        taps = np.linalg.solve((L * w) @ L.T + 1e-3 * w.sum() * np.eye(TAPS), (L * w) @ y)
    return np.clip(np.rint(taps * 256), -1024, 1023).astype(np.int64)


def proxy(d, taps):
    """Bits of each block under a Laplace law of the running scale."""
    r = residual(d, taps)
    m = states(r) / 4 + 0.4
    return (np.log2(m) + 1.44 * np.abs(r[:, 1:]) / m).sum(1)


def codebook(groups):
    """Greedy choice among each group's own predictor, then Lloyd iterations over blocks."""
    pool = [fit(differences(g)) for g in groups]
    d = differences(np.concatenate(groups))
    costs = np.stack([proxy(d, p) for p in pool])
    best = np.min([proxy(d, p) for p in PLAIN], 0)
    chosen = []
    for _ in range(TRAINED):
        gain = [np.minimum(best, c).sum() for c in costs]
        chosen.append(pool[int(np.argmin(gain))])
        best = np.minimum(best, costs[int(np.argmin(gain))])
    for _ in range(4):
        every = list(PLAIN) + chosen
        pick = np.argmin([proxy(d, p) for p in every], 0)
        chosen = [fit(d[pick == i + 3]) if (pick == i + 3).sum() > 20 else p for i, p in enumerate(chosen)]
    return np.concatenate([PLAIN, chosen])


def train(groups):
    taps = codebook(groups)
    d = differences(np.concatenate(groups))
    pick = np.argmin([proxy(d, p) for p in taps], 0)
    for _ in range(2):
        counts = np.full((16, SYMBOLS), 0.5)
        for i, p in enumerate(taps):
            if (pick == i).any():
                c, s, _ = symbols(residual(d[pick == i], p))
                np.add.at(counts, (c.ravel(), s.ravel()), 1)
        lengths = np.array([limited_lengths(row) for row in counts])
        pick = np.argmin([block_bits(d, p, lengths) for p in taps], 0)
    return taps, lengths, np.bincount(pick, minlength=len(taps))


def block_bits(d, taps, lengths):
    c, s, bits = symbols(residual(d, taps))
    return (lengths[c, s] + bits).sum(1)


def cost(x, taps, lengths, bits=12):
    d = differences(x)
    best = np.min([block_bits(d, p, lengths) for p in taps], 0)
    return (np.ceil((3 + 8 + bits + best) / 8) * 8).mean() / N


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("data")
    options.add_argument("--folds", type=int, default=0)
    options.add_argument("--quick", type=int, default=1, help="use every n-th block only")
    options = options.parse_args()
    main_set, extra = load(options.data, options.quick)
    if options.folds:
        held = []
        for fold in range(options.folds):
            keep = [i for i in range(len(main_set)) if i % options.folds != fold]
            others = extra[len(main_set) :]
            taps, lengths, _ = train([main_set[i] for i in keep] + [extra[i] for i in keep] + others)
            held += [cost(x, taps, lengths) for i, x in enumerate(main_set) if i % options.folds == fold]
        print(f"held-out records: {np.mean(held):.4f} bits/sample over {len(held)}")
        return
    taps, lengths, used = train(main_set + extra)
    print("taps:", [row.tolist() for row in taps], "used:", used.tolist())
    print("lengths:")
    for row in lengths:
        print('  "' + "".join("%x" % v for v in row) + '",')
    print(f"trained records: {np.mean([cost(x, taps, lengths) for x in main_set]):.4f} bits/sample")


if __name__ == "__main__":
    main()
