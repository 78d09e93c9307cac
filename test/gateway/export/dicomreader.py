"""Reads DICOM waveforms with pydicom, and says what is in them: a path a line on stdin, a JSON object a line on stdout."""
import hashlib
import json
import sys

import numpy as np
import pydicom
from pydicom.waveforms.numpy_handler import multiplex_array



def physical(count, channel):
    """After PS3.3 C.10.9.1.4; pydicom itself adds the baseline to the count, before it has a unit."""
    if "ChannelSensitivity" not in channel:
        return float(count)
    scale = channel.ChannelSensitivity * channel.ChannelSensitivityCorrectionFactor
    return float(count) * float(scale) + float(channel.ChannelBaseline)


for line in sys.stdin:
    ds = pydicom.dcmread(line.strip())
    group = ds.WaveformSequence[0]
    width = group.WaveformBitsAllocated
    if width == 16:
        raw = multiplex_array(ds, 0, as_raw=True).T
    else:
        raw = np.frombuffer(group.WaveformData, "<i4").reshape(-1, group.NumberOfWaveformChannels).T
    padding = np.frombuffer(group.WaveformPaddingValue, "<i%d" % (width // 8))[0]
    text = lambda name: str(ds.get(name, ""))
    print(
        json.dumps(
            {
                "sopClass": text("SOPClassUID"),
                "uid": text("SOPInstanceUID"),
                "modality": text("Modality"),
                "name": text("PatientName"),
                "patient": text("PatientID"),
                "birthDate": text("PatientBirthDate"),
                "sex": text("PatientSex"),
                "at": text("AcquisitionDateTime"),
                "description": text("SeriesDescription"),
                "rate": float(group.SamplingFrequency),
                "samples": int(group.NumberOfWaveformSamples),
                "labels": [str(one.ChannelLabel) for one in group.ChannelDefinitionSequence],
                "codes": [str(one.ChannelSourceSequence[0].CodeValue) for one in group.ChannelDefinitionSequence],
                "scaled": ["ChannelSensitivity" in one for one in group.ChannelDefinitionSequence],
                "digests": [hashlib.sha256(np.ascontiguousarray(x, "<i4").tobytes()).hexdigest() for x in raw],
                "first": [physical(x[0], one) for x, one in zip(raw, group.ChannelDefinitionSequence)],
                "absent": [int((x == padding).sum()) for x in raw],
                "padding": int(padding),
                "texts": [str(one.UnformattedTextValue) for one in ds.get("WaveformAnnotationSequence", [])],
            }
        ),
        flush=True,
    )
