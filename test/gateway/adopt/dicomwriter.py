"""Writes DICOM ECG objects with pydicom: one JSON object a line on stdin.

{"file", "sopClass", "bits": 16 | 32, "rate", "signals": [[count]], "labels", "sensitivity", "baseline", "padding",
"at", "description", "implicit", "syntax", "groups", "undefined"}
"""
import json
import sys

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

for line in sys.stdin:
    asked = json.loads(line)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = asked["sopClass"]
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ImplicitVRLittleEndian if asked.get("implicit") else ExplicitVRLittleEndian
    meta.TransferSyntaxUID = asked.get("syntax", meta.TransferSyntaxUID)
    ds = FileDataset(asked["file"], {}, file_meta=meta, preamble=bytes(128))
    ds.SOPClassUID = asked["sopClass"]
    ds.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    ds.Modality = "ECG"
    ds.PatientName = "Lovelace^Ada"
    ds.AcquisitionDateTime = asked.get("at", "")
    ds.SeriesDescription = asked.get("description", "")
    kind = "<i2" if asked["bits"] == 16 else "<i4"
    group = Dataset()
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels = len(asked["signals"])
    group.NumberOfWaveformSamples = len(asked["signals"][0])
    group.SamplingFrequency = str(asked["rate"])
    channels = []
    for label in asked["labels"]:
        channel = Dataset()
        source = Dataset()
        source.CodeValue, source.CodingSchemeDesignator, source.CodeMeaning = "2:0", "MDC", "Lead " + label
        channel.ChannelSourceSequence = Sequence([source])
        if "sensitivity" in asked:
            unit = Dataset()
            unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "uV", "UCUM", "microvolt"
            channel.ChannelSensitivity = asked["sensitivity"]
            channel.ChannelSensitivityUnitsSequence = Sequence([unit])
            channel.ChannelSensitivityCorrectionFactor = "1"
            channel.ChannelBaseline = asked.get("baseline", "0")
        channel.ChannelSampleSkew = "0"
        channel.WaveformBitsStored = asked["bits"]
        channels.append(channel)
    group.ChannelDefinitionSequence = Sequence(channels)
    group.WaveformBitsAllocated = asked["bits"]
    group.WaveformSampleInterpretation = asked.get("interpretation", "SS" if asked["bits"] == 16 else "SL")
    if "padding" in asked:
        group.WaveformPaddingValue = np.array([asked["padding"]], dtype=kind).tobytes()
    group.WaveformData = np.array(asked["signals"], dtype=kind).T.tobytes()
    ds.WaveformSequence = Sequence([group] * asked.get("groups", 1))
    if asked.get("undefined"):
        for sequence in (group["ChannelDefinitionSequence"], ds["WaveformSequence"]):
            sequence.is_undefined_length = True
            for item in sequence.value:
                item.is_undefined_length_sequence_item = True
    ds.is_little_endian = True
    ds.is_implicit_VR = bool(asked.get("implicit"))
    ds.save_as(asked["file"], write_like_original=False)
