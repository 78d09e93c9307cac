/** Fields of forms, each with its name above it. */
import type { ComponentChildren } from "preact";
import type { Action } from "./action";

interface FieldProps {
  label: string;
  value: string;
  set: (value: string) => void;
  type?: "text" | "password" | "date" | "time" | "number";
  autocomplete?: string;
  /** Of a number: what lies beyond them the browser refuses, in the reader's language. */
  min?: number;
  max?: number;
  step?: number;
  /** Characters. */
  maxLength?: number;
  required?: boolean;
  disabled?: boolean;
}

export function Field({ label, value, set, type = "text", ...more }: FieldProps) {
  // Preact's types know an input by its type alone, not one of several.
  return (
    <label>
      {label}
      <input
        type={type as "text"}
        value={value}
        onInput={(event) => set(event.currentTarget.value)}
        {...more}
      />
    </label>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  set: (value: string) => void;
  options: readonly (readonly [value: string, name: string])[];
  disabled?: boolean;
}

export function Select({ label, value, set, options, disabled }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} disabled={disabled} onChange={(event) => set(event.currentTarget.value)}>
        {options.map(([one, name]) => (
          <option key={one} value={one}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

interface FormProps {
  action: Action;
  submit: () => Promise<void>;
  name: string;
  /** Said once it is done. */
  done?: string;
  children: ComponentChildren;
}

/** With its button, and what became of it. */
export function Form({ action, submit, name, done, children }: FormProps) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void action.run(submit);
      }}
    >
      {children}
      <button class="main" type="submit" disabled={action.isBusy}>
        {name}
      </button>
      <Outcome action={action} done={done} />
    </form>
  );
}

export function Outcome({ action, done }: { action: Action; done?: string }) {
  return (
    <p class={action.problem === undefined ? "outcome" : "outcome warn"} role="status">
      {action.problem ?? (action.isDone && done)}
    </p>
  );
}
