/** What a front end delivered while one recording ran: the witness that the store's copy is held against. */
import type { Reading } from "../../../firmware/board/board";

export class Trace {
  /** Position of the next sample per lead. */
  position = 0;
  /** Samples that the FIFO lost. */
  lost = 0;
  private chunks: { first: number; leads: Int32Array[] }[] = [];

  add({ leads, lost }: Reading): void {
    this.position += lost;
    this.lost += lost;
    const { length } = leads[0]!;
    if (length === 0) return;
    this.chunks.push({ first: this.position, leads: leads.map((lead) => lead.slice()) });
    this.position += length;
  }

  /**
   * @param first position of a stored piece; pieces come in ascending order
   * @returns the first position at which the piece is not what was delivered
   */
  differs(first: number, samples: Int32Array[]): number | undefined {
    const end = first + samples[0]!.length;
    let at = first;
    for (let i = this.chunkAt(first); i < this.chunks.length && at < end; i++) {
      const chunk = this.chunks[i]!;
      if (chunk.first > at) return at;
      const stop = Math.min(end, chunk.first + chunk.leads[0]!.length);
      for (; at < stop; at++) {
        for (const [lead, stored] of samples.entries())
          if (stored[at - first] !== chunk.leads[lead]?.[at - chunk.first]) return at;
      }
    }
    return at < end ? at : undefined;
  }

  /** The chunk that holds this position, or the first behind it. */
  private chunkAt(position: number): number {
    let low = 0;
    let high = this.chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { first, leads } = this.chunks[middle]!;
      if (first + leads[0]!.length <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
