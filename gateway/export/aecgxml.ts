/** As much of writing XML as aECG needs. */

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
/** What XML 1.0 cannot say at all: control characters, halves of surrogate pairs, two that are none. */
const UNSAYABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

export function escaped(text: string): string {
  return text.replace(UNSAYABLE, "\ufffd").replace(/[&<>"]/g, (character) => ESCAPES[character]!);
}

/** Without content. */
export function element(name: string, attributes: Record<string, string>): string {
  const said = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  return `<${name}${said.join("")}/>`;
}
