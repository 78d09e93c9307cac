/** The form that a clinician answers on: opened from a disk, it asks nobody, and what is said leaves it as a file alone. */
import { render } from "preact";
import { useState } from "preact/hooks";
import type { FormContent } from "../../../answers/content";
import { LANGUAGE_NAMES, type Language, languageFor, Messages } from "../messages/messages";
import { Select } from "../parts/fields";
import { About } from "./about";
import { Answer } from "./answer";

const content = JSON.parse(document.getElementById("content")!.textContent!) as FormContent;
const wanted = languageFor(navigator.languages);

function FormPage() {
  const [language, setLanguage] = useState(wanted.language);
  const locale = language === wanted.language ? wanted.locale : language;
  const messages = new Messages(language, locale);
  document.documentElement.lang = language;
  document.title = messages.say("form-title");
  return (
    <main>
      <h1>{messages.say("form-title")}</h1>
      <Select
        label={messages.say("language")}
        value={language}
        set={(chosen) => setLanguage(chosen as Language)}
        options={Object.entries(LANGUAGE_NAMES)}
      />
      {content.simulated && <p class="demo">{messages.say("form-demo")}</p>}
      <About content={content} messages={messages} />
      <Answer content={content} messages={messages} />
    </main>
  );
}

render(<FormPage />, document.getElementById("page")!);
