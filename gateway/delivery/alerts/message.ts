/** Its title stands on a locked phone: it says no more than that there is something. */
export interface Message {
  title: string;
  lines: string[];
}
