/** How strongly a lead sees each event, as a multiple of what lead II sees. */
export interface Lead {
  readonly name: string;
  readonly P: number;
  readonly Q: number;
  readonly R: number;
  readonly S: number;
  readonly T: number;
  /** all of a premature ventricular beat */
  readonly ventricular: number;
  /** fibrillatory waves */
  readonly f: number;
}

type View = Omit<Lead, "name">;

// The model of the paper is one lead, close to lead II. The others are typical of a healthy adult: R grows from V1
// to V4 while S shrinks; the ventricular beats come from the right ventricle (left bundle branch block pattern).
const II: View = { P: 1, Q: 1, R: 1, S: 1, T: 1, ventricular: 1, f: 1 };
const I: View = { P: 0.6, Q: 0.5, R: 0.6, S: 0.5, T: 0.6, ventricular: 0.4, f: 0.4 };

/** What a linear combination of leads I and II sees: Einthoven's and Goldberger's laws hold by construction. */
function limb(name: string, ofI: number, ofII: number): Lead {
  const sum = { name } as Record<keyof View, number> & { name: string };
  for (const event of Object.keys(II) as (keyof View)[]) sum[event] = ofI * I[event] + ofII * II[event];
  return sum;
}

/**
 * The leads in the order in which a generator delivers them: II first, because one lead is the common case and the
 * model is its, then I, III, the augmented and the precordial leads.
 */
export const LEADS: readonly Lead[] = [
  limb("II", 0, 1),
  limb("I", 1, 0),
  limb("III", -1, 1),
  limb("aVR", -0.5, -0.5),
  limb("aVL", 1, -0.5),
  limb("aVF", -0.5, 1),
  { name: "V1", P: 0.4, Q: 0, R: 0.2, S: 3.5, T: -0.3, ventricular: -0.9, f: 1.5 },
  { name: "V2", P: 0.5, Q: 0, R: 0.4, S: 5, T: 1.1, ventricular: -1.2, f: 0.8 },
  { name: "V3", P: 0.5, Q: 0, R: 0.8, S: 3, T: 1.3, ventricular: -0.6, f: 0.5 },
  { name: "V4", P: 0.5, Q: 0.4, R: 1.4, S: 1.8, T: 1.2, ventricular: 0.5, f: 0.4 },
  { name: "V5", P: 0.5, Q: 0.6, R: 1.3, S: 0.9, T: 1, ventricular: 0.9, f: 0.4 },
  { name: "V6", P: 0.5, Q: 0.6, R: 1, S: 0.4, T: 0.8, ventricular: 0.8, f: 0.4 },
];
