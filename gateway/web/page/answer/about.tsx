/** What the form is about: the recording, as its report has it, and the strips that show it. */
import type { FormContent, Strip as StripContent } from "../../../answers/content";
import type { Key, Messages } from "../messages/messages";

interface Props {
  content: FormContent;
  messages: Messages;
}

export function About({ content, messages }: Props) {
  const { person, label, analysis, rate, samples } = content;
  const born = person.birthDate && messages.say("form-born", { date: messages.date(person.birthDate) });
  const facts: [Key, string][] = [
    ["form-person", [person.name, born].filter(Boolean).join(", ")],
    ["form-recording", content.recording],
    ["form-start", content.start ?? messages.say("form-unknown")],
    ["form-duration", messages.duration(samples / rate)],
    ["form-leads", `${content.leads.join(", ")} · ${messages.number(rate, 3)} Hz`],
    ["form-analysis", analysisWords(analysis, messages)],
    ...(label === undefined ? [] : [["form-for", label] satisfies [Key, string]]),
    ["form-until", messages.moment(content.expiresAt)],
  ];
  return (
    <>
      <p>{messages.say("form-lead")}</p>
      {content.adopted && <p>{messages.say("verdict-adopted")}</p>}
      <dl>
        {facts.map(([name, text]) => (
          <div key={name}>
            <dt>{messages.say(name)}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <p>
        <strong>{messages.say("no-diagnosis")}</strong>
      </p>
      <p class="quiet">{messages.say("form-scale")}</p>
      {content.strips
        .filter((_, strip) => content.findings.every((finding) => finding.strip !== strip))
        .map((strip) => (
          <Strip key={`${strip.from} ${strip.lead}`} strip={strip} rate={rate} messages={messages} />
        ))}
    </>
  );
}

function analysisWords(analysis: FormContent["analysis"], messages: Messages): string {
  if (!analysis) return messages.say("form-not-analysed");
  const { analysable, meanRate, version } = analysis;
  return [
    ...(analysable === undefined
      ? []
      : [messages.say("form-analysable", { percent: messages.percent(analysable) })]),
    ...(meanRate === undefined ? [] : [messages.say("rate", { rate: Math.round(meanRate) })]),
    version,
  ].join(" · ");
}

/** Not to scale: what the picture says of its scale is true on paper alone. */
export function Strip({ strip, rate, messages }: { strip: StripContent; rate: number; messages: Messages }) {
  const words = messages.say("form-strip", {
    lead: strip.lead,
    at: messages.position(strip.from / rate),
  });
  return (
    <figure>
      <img src={`data:image/png;base64,${strip.png}`} alt={words} />
      <figcaption>{words}</figcaption>
    </figure>
  );
}
