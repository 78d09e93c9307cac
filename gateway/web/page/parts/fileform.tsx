/** One file, from a computer to the hub. */
import { useState } from "preact/hooks";
import { useAction } from "./action";
import { Form } from "./fields";

export interface FileFormParts {
  label: string;
  /** Of its name's end. */
  accept: string;
  /** What the button says. */
  name: string;
  /** @returns what is said of it then */
  send(file: File): Promise<string>;
}

export function FileForm({ label, accept, name, send }: FileFormParts) {
  const [file, setFile] = useState<File>();
  const [done, setDone] = useState<string>();
  const action = useAction();
  const submit = async () => {
    if (!file) return;
    setDone(undefined);
    setDone(await send(file));
  };
  return (
    <Form action={action} name={name} submit={submit} done={done}>
      <label>
        {label}
        <input
          type="file"
          accept={accept}
          required
          disabled={action.isBusy}
          onChange={({ currentTarget: { files } }) => setFile(files?.[0])}
        />
      </label>
    </Form>
  );
}

/** What the hub is sent. */
export const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer());
