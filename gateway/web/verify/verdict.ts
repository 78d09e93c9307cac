/** The verdict in large words, and the lines as `avnode verify` prints them. */
import { Verdict } from "../../../protocol/proof/lines";
import type { Key, Words } from "./language";
import type { Shown } from "./worker";

function node(name: string, text: string, classes = ""): HTMLElement {
  const element = document.createElement(name);
  element.textContent = text;
  if (classes) element.className = classes;
  return element;
}

/** What the command says is English, whatever the page speaks. */
function english(name: string, text: string, classes = ""): HTMLElement {
  const element = node(name, text, classes);
  element.lang = "en";
  return element;
}

/** @param refusal of a file that was not judged at all */
export function verdictNodes(
  words: Words,
  shown: Shown | undefined,
  refusal: { code: string; message: string } | undefined,
): HTMLElement[] {
  if (refusal) {
    const why = refusal.code === "DEFECT" ? [node("p", words.say("defect"))] : [];
    return [
      node("p", words.say("refused"), "verdict"),
      ...why,
      english("p", `${refusal.message} (${refusal.code})`),
    ];
  }
  if (!shown) return [];
  const { verdict, code } = shown.judged;
  const isKnown = Object.values(Verdict).includes(verdict);
  const large = isKnown ? words.say(`verdict-${verdict}` as Key) : verdict;
  return [
    ...(shown.isSimulated ? [node("p", words.say("simulated"), "demo")] : []),
    node("p", large, `verdict ${verdict}`),
    ...(isKnown ? [node("p", words.say(`means-${verdict}` as Key))] : []),
    english("p", `${verdict.toUpperCase()} (${code})`, "quiet"),
    ...(shown.about ? [english("p", shown.about)] : []),
    ...(shown.isFromPdf ? [node("p", words.say("pdf"))] : []),
    linesTable(words, shown),
    ...(shown.form ? [] : [node("p", words.say(noCurve(shown)))]),
  ];
}

function noCurve({ judged: { verdict }, isTooLong }: Shown): Key {
  if (verdict === Verdict.tampered || verdict === Verdict.unknown) return "no-curve";
  return isTooLong ? "too-long" : "hidden";
}

function linesTable(words: Words, { judged }: Shown): HTMLElement {
  const table = document.createElement("table");
  table.append(node("caption", words.say("lines"), "quiet"));
  const head = document.createElement("tr");
  for (const key of ["state", "line", "text"] as const)
    head.append(Object.assign(node("th", words.say(key)), { scope: "col" }));
  table.append(head);
  for (const { name, state, text } of judged.lines) {
    const row = document.createElement("tr");
    row.dataset.line = name;
    row.dataset.state = state;
    row.append(
      node("td", words.say(`state-${state}` as Key), state),
      english("td", name),
      english("td", text),
    );
    table.append(row);
  }
  const box = node("div", "", "scroll");
  box.tabIndex = 0;
  box.append(table);
  return box;
}
