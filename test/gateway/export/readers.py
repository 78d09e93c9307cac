"""Reads exported files with readers that are not ours, and says what is in them.

On stdin one JSON object a line: {"reader": "mne" | "biosig" | "wfdb" | "csv", "file": path, "leads": [{"gain", "baseline"}]}.
Prints one JSON object a line: rate, samples per signal, SHA-256 of each signal as 32-bit little-endian counts, and what
else the reader tells. mne and biosig (save2gdf) give physical values, of which the counts are worked out by the lead's
own gain; wfdb is read with numpy, after signal(5) and annot(5) of the WFDB Applications Guide.
"""
import hashlib
import json
import re
import struct
import subprocess
import sys

import numpy as np


def digest(x):
    return hashlib.sha256(np.ascontiguousarray(x, dtype="<i4").tobytes()).hexdigest()


def wfdb(name):
    lines = [line.rstrip("\n") for line in open(name + ".hea", encoding="latin1")]
    fields = [line.split() for line in lines if line and not line.startswith("#")]
    signals, rate, samples, form = int(fields[0][1]), float(fields[0][2]), int(fields[0][3]), fields[1][1]
    raw = np.fromfile(name + ".dat", dtype=np.uint8)
    if form == "16":
        flat = raw.view("<i2").astype(np.int64)
    elif form == "24":
        b = raw.reshape(-1, 3).astype(np.int64)
        flat = b[:, 0] | b[:, 1] << 8 | b[:, 2] << 16
        flat -= (flat & 0x800000) << 1
    x = flat.reshape(samples, signals)
    sums = [((int(x[:, i].sum()) + 32768) % 65536) - 32768 for i in range(signals)]
    assert [int(f[6]) for f in fields[1:]] == sums, name + ": checksums"
    assert [int(f[5]) for f in fields[1:]] == x[0].tolist(), name + ": initial values"
    try:
        notes = annotations(open(name + ".atr", "rb").read())
    except FileNotFoundError:
        notes = None
    return {"rate": rate, "signals": x.T, "format": form, "header": lines, "annotations": notes}


def annotations(data):
    words = struct.unpack("<%dH" % (len(data) // 2), data)
    out, time, channel, i = [], 0, 0, 0
    while words[i]:
        code, value = words[i] >> 10, words[i] & 0x3FF
        i += 1
        if code == 59:
            time += words[i] << 16 | words[i + 1]
            i += 2
        elif code == 62:
            channel = value
            out[-1][2] = channel
        elif code == 63:
            text = struct.pack("<%dH" % ((value + 1) // 2), *words[i : i + (value + 1) // 2])[:value]
            out[-1][3] = text.decode("latin1")
            i += (value + 1) // 2
        elif code < 50:
            time += value
            out.append([time, code, channel, None])
        else:
            raise SystemExit("annotation code %d" % code)
    assert i == len(words) - 1, "bytes behind the end"
    return out


def csv(file):
    lines = [line for line in open(file) if not line.startswith("#")]
    names = lines[0].rstrip().split(",")
    table = np.loadtxt(lines[1:], delimiter=",", ndmin=2)
    columns = [i for i, name in enumerate(names) if name.endswith("_counts")]
    return {"rate": float((len(table) - 1) / (table[-1, 1] - table[0, 1])), "signals": table[:, columns].T}


def biosig(file, leads):
    said = subprocess.run(["save2gdf", "-JSON", file], check=True, capture_output=True, text=True).stdout
    rates = [float(rate) for rate in re.findall(r'"Samplingrate"\s*: ([0-9.]+)', said)]
    subprocess.run(["save2gdf", "-CSV", file, file + ".csv"], check=True, capture_output=True)
    head, _, rows = open(file + ".csv").read().partition("\n")
    names, units = zip(*re.findall(r'"([^"]*) \[([^"]*)\]"', head))
    table = np.fromstring(rows.replace("\n", ","), sep=",").reshape(-1, len(names))
    signals, off = [], 0.0
    for values, lead, unit in zip(table.T, leads, units):
        counts, away = counted(values * {"uV": 1e-3}.get(unit, 1), lead)
        signals.append(counts)
        off = max(off, away)
    start = re.search(r'"StartOfRecording"\s*: "([^"]*)"', said).group(1)
    texts = re.findall(r'"Description"\s*: "([^"]*)"', said)
    return {"rate": rates[0], "signals": signals, "off": off, "names": names, "start": start, "annotations": texts}


def counted(values, lead):
    """Counts of physical values, and the furthest that any is from a whole one."""
    counts = values * (lead["gain"] or 1) + (lead["baseline"] if lead["gain"] else 0)
    whole = np.rint(counts)
    return whole, float(np.abs(counts - whole).max())


def with_mne(file, leads):
    import mne

    read = mne.io.read_raw_bdf if file.endswith(".bdf") else mne.io.read_raw_edf
    raw = read(file, preload=True, verbose="ERROR")
    signals, off = [], 0.0
    for values, lead, scale in zip(raw.get_data(), leads, raw._raw_extras[0]["units"]):
        counts, away = counted(values / scale, lead)
        signals.append(counts)
        off = max(off, away)
    notes = [[float(a), float(b), c] for a, b, c in zip(raw.annotations.onset, raw.annotations.duration, raw.annotations.description)]
    return {
        "rate": raw.info["sfreq"],
        "signals": signals,
        "off": off,
        "names": raw.ch_names,
        "start": str(raw.info["meas_date"]),
        "annotations": notes,
    }


for line in sys.stdin:
    asked = json.loads(line)
    length = asked.get("samples")
    if asked["reader"] in ("wfdb", "csv"):
        found = {"wfdb": wfdb, "csv": csv}[asked["reader"]](asked["file"])
    else:
        found = {"mne": with_mne, "biosig": biosig}[asked["reader"]](asked["file"], asked["leads"])
    signals = found.pop("signals")
    found["samples"] = len(signals[0])
    found["digests"] = [digest(x[:length]) for x in signals]
    if asked.get("whole"):
        found["signals"] = [np.asarray(x).astype(int).tolist() for x in signals]
    print(json.dumps(found), flush=True)
