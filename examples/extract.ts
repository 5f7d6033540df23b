// Reads a list of documents into typed records, several at once. TypeScript: the types are for you and your editor, they are stripped before the run.
// Input, all optional: { "files": ["invoices/1.txt"] }
interface Invoice {
  vendor: string;
  date: string;
  total: number;
  currency: 'EUR' | 'USD' | 'GBP';
}

type Outcome = { file: string; invoice: Invoice } | { file: string; problem: string };

export const meta = {
  name: 'extract',
  description: 'Extract typed records from a list of documents, and have the odd ones checked.',
  phases: [{ title: 'Extract' }, { title: 'Recheck' }],
};

const schema = {
  title: 'invoice',
  type: 'object',
  additionalProperties: false,
  required: ['vendor', 'date', 'total', 'currency'],
  properties: {
    vendor: { type: 'string', minLength: 1 },
    date: { type: 'string', format: 'date' },
    total: { type: 'number' },
    currency: { enum: ['EUR', 'USD', 'GBP'] },
  },
};

const isFailure = (value: Invoice | Odw.NodeFailure): value is Odw.NodeFailure => 'ok' in value && value.ok === false;

export default async function extract(input: { files?: string[] } | null): Promise<{ ok: boolean; invoices: Outcome[] }> {
  const files = input?.files ?? ['invoices/march.txt', 'invoices/april.txt', 'invoices/may.txt', 'invoices/june.txt'];

  const read = async (file: string, index: number): Promise<Outcome> => {
    const first = await agent<Invoice | Odw.NodeFailure>(`Read ${file} and give its invoice data.`, {
      label: file,
      phase: 'Extract',
      schema,
      schemaDescription: 'one invoice; the total includes tax, the date is that of the invoice',
      retry: { maxAttempts: 3 },
      mockValue: { vendor: 'Acme', date: '2026-03-31', total: index === 2 ? -90 : 100 + index, currency: 'EUR' },
    });
    if (isFailure(first)) return { file, problem: first.error.message };
    if (first.total >= 0) return { file, invoice: first };

    // The schema holds, and yet the value is odd: ask once more, with the doubt in the prompt.
    const second = await agent<Invoice | Odw.NodeFailure>(
      `Read ${file} again. An earlier reading gave a total of ${first.total}. Is it a credit note, or a mistake?`,
      {
        label: `${file} again`,
        phase: 'Recheck',
        schema,
        mockValue: { vendor: 'Acme', date: '2026-03-31', total: 90, currency: 'EUR' },
      },
    );
    return isFailure(second) ? { file, problem: second.error.message } : { file, invoice: second };
  };

  // At most four at once, whatever the run allows; a result for each file, in the order of the files.
  const invoices = await fanout<string, Outcome>(files, read, { label: 'files', max: 4 });
  return { ok: invoices.every((one) => one !== null && 'invoice' in one), invoices };
}
