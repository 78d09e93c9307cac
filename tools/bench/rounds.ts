/** Medians of interleaved rounds: other load on the machine then strikes every contender alike. */

/** One round; what it returns is the quantity measured. */
export type Contender = () => number | Promise<number>;

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value that a share `q` of all is below. */
export function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

/** Runs A B C, A B C, …; @returns the median of each over `rounds` rounds, after one that is not counted */
export async function interleave<Name extends string>(
  rounds: number,
  contenders: Record<Name, Contender>,
  progress: (text: string) => void,
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      progress(`${name}, ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
      const value = await contenders[name]();
      if (round > 0) values[name].push(value);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(values[name])])) as Record<Name, number>;
}

/** Seconds that `work` took. */
export async function secondsOf(work: () => unknown): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** What `work` gives, if it does so in time. @throws otherwise, saying `failure` */
export async function inTime<Result>(work: Promise<Result>, ms: number, failure: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${failure} within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
