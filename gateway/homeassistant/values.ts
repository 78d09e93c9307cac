/** Heart rate and findings on their way to Home Assistant: they leave the sealed path, so only when asked for twice. */

/** What analysis says of a handheld's running recording. */
export interface HealthValue {
  /** Unix ms of the ECG that it is about. */
  at: number;
  /** Beats a minute; absent where the signal does not tell. */
  heartRate?: number;
  /** The rhythm now, in a few words. */
  rhythm?: string;
  /** The last finding, in a few words. */
  finding?: string;
}

/** Who analyses recordings. */
export interface HealthValues {
  /** @param device id in hex; @returns undefined when nothing can be said */
  newest(device: string): HealthValue | undefined;
}

/** One that is older must not be taken for the present. Seconds, as `expire_after` has it. */
export const VALUES_EXPIRE_S = 60;
const MAX_HEART_RATE = 400;
/** Home Assistant takes no longer state. */
const MAX_TEXT_LENGTH = 255;

/** As JSON for the values topic; null where nothing is known. */
export interface ValuesMessage {
  heart_rate: number | null;
  rhythm: string | null;
  finding: string | null;
}

export function valuesMessage(value: HealthValue | undefined, now: number): ValuesMessage {
  if (!value || Math.abs(now - value.at) > VALUES_EXPIRE_S * 1000)
    return { heart_rate: null, rhythm: null, finding: null };
  const { heartRate = Number.NaN, rhythm, finding } = value;
  const text = (words: string | undefined) => words?.slice(0, MAX_TEXT_LENGTH) ?? null;
  return {
    heart_rate: heartRate >= 0 && heartRate <= MAX_HEART_RATE ? Math.round(heartRate) : null,
    rhythm: text(rhythm),
    finding: text(finding),
  };
}
