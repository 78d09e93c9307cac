import path from "node:path";
import { WfdbError } from "../../gateway/wfdb/errors";
import type { WfdbRecord } from "../../gateway/wfdb/record";
import { MAX_LEADS, MAX_TEXT_BYTES } from "../../protocol/open";

const MAX_UINT32 = 0xffffffff;

/** What an open frame cannot say is refused here, where file and field are known. @throws WFDB_UNSUPPORTED */
export function recordable(given: string, record: WfdbRecord): WfdbRecord {
  const name = path.basename(given, ".hea");
  const file = path.join(path.dirname(given), `${name}.hea`);
  const demand = (holds: boolean, field: string, problem: string) => {
    if (!holds)
      throw new WfdbError(
        "WFDB_UNSUPPORTED",
        { file, field },
        problem,
        "a handheld could not have recorded it",
      );
  };
  const { leads, samples, rateNum, rateDen } = record;
  demand(
    leads.length >= 1 && leads.length <= MAX_LEADS,
    "number of signals",
    `${leads.length} leads: 1 to ${MAX_LEADS} can be recorded`,
  );
  demand(samples >= 1, "number of samples", "there are none");
  demand(
    rateNum <= MAX_UINT32 && rateDen <= MAX_UINT32,
    "sampling frequency",
    `${record.rate} has more digits than two 32-bit numbers can say as a ratio`,
  );
  for (const [index, lead] of leads.entries()) {
    const which = `signal ${index}`;
    demand(lead.gain >= 0, `${which} gain`, `${lead.gain} is negative`);
    const texts = { description: lead.name, units: lead.unit };
    for (const [field, text] of Object.entries(texts)) {
      const printable = /^[\x20-\x7e]*$/.test(text);
      demand(
        printable && text.length <= MAX_TEXT_BYTES,
        `${which} ${field}`,
        `${JSON.stringify(text)} is not ${MAX_TEXT_BYTES} printable ASCII characters or fewer`,
      );
    }
  }
  return { ...record, name };
}
