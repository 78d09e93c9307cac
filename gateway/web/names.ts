/** Numbers of the wire as the API calls them. */
import { MarkKind } from "../../protocol/bodies";
import { ClockTrust, RecordingMode } from "../../protocol/open";

const TRUSTS: Record<number, "since-boot" | "set-by-hub"> = {
  [ClockTrust.sinceBoot]: "since-boot",
  [ClockTrust.setByHub]: "set-by-hub",
};
const MODES: Record<number, "strip" | "fixed" | "continuous"> = {
  [RecordingMode.strip]: "strip",
  [RecordingMode.fixed]: "fixed",
  [RecordingMode.continuous]: "continuous",
};
const MARKS: Record<number, "symptom" | "lead-off" | "lead-on" | "memory-nearly-full"> = {
  [MarkKind.symptom]: "symptom",
  [MarkKind.leadOff]: "lead-off",
  [MarkKind.leadOn]: "lead-on",
  [MarkKind.ringNearlyFull]: "memory-nearly-full",
};

export const trustOf = (trust: number) => TRUSTS[trust] ?? "unknown";
/** Whoever decoded it refused any other. */
export const modeOf = (mode: number) => MODES[mode]!;
export const markOf = (kind: number) => MARKS[kind]!;
