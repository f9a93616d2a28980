/**
 * A process with the packed simulator in it: uploads files that are dear to read, and tells what became of them and of
 * others meanwhile.
 */
import { createSandbox } from 'nestjs-exdata-sandbox';

const ubl = '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">';
const dear = {
  'parentheses.pdf': Buffer.concat([Buffer.from('%PDF-1.7\n1 0 obj\n'), Buffer.alloc(1_600_000, '(')]),
  'lists.pdf': Buffer.concat([Buffer.from('%PDF-1.7\n1 0 obj\n'), Buffer.alloc(1_600_000, '[')]),
  'streams.pdf': Buffer.from(`%PDF-1.7\n${'stream\n'.repeat(4_000_000)}`),
  'elements.xml': Buffer.from(`${ubl}${'<a b="c">x</a>'.repeat(2_200_000)}</Invoice>`),
};

const sandbox = createSandbox({ processingMs: 10, limits: { readingMs: 1_000 } });
await sandbox.listen();

/** @param {string} name @param {Buffer} bytes @param {typeof sandbox} at */
async function sent(name, bytes, at = sandbox) {
  const form = new FormData();
  form.append('file', new Blob([bytes]), name);
  const headers = { authorization: 'Bearer sandbox_test_token', 'idempotency-key': name };
  const answer = await fetch(`${at.baseUrl}/documents`, { method: 'POST', body: form, headers });
  const { data } = /** @type {{ data: { id: number } }} */ (await answer.json());
  return data.id;
}

/** @param {string} name @param {Buffer} bytes @param {typeof sandbox} at */
async function ended(name, bytes, at = sandbox) {
  const id = await sent(name, bytes, at);
  let document = at.documents.get(id);
  while (document?.status === 'pending') {
    await new Promise((resolve) => setTimeout(resolve, 1));
    document = at.documents.get(id);
  }
  return { status: document?.status, error: document?.error };
}

/** @type {Record<string, unknown>} */
const told = {};
for (const [name, bytes] of Object.entries(dear)) told[name] = await ended(name, bytes);
told['invoice.xml'] = await ended('invoice.xml', Buffer.from(`${ubl}<ID>1</ID></Invoice>`));
await sandbox.close();

// Where files may take their time, two dear ones hold up no third one.
const patient = createSandbox({ processingMs: 10, limits: { readingMs: 100_000 } });
await patient.listen();
const dearOnes = [
  await sent('a.pdf', dear['parentheses.pdf'], patient),
  await sent('b.pdf', dear['lists.pdf'], patient),
];
const meanwhile = await ended('meanwhile.xml', Buffer.from(`${ubl}<ID>2</ID></Invoice>`), patient);
told.meanwhile = { ...meanwhile, dearOnes: dearOnes.map((id) => patient.documents.get(id)?.status) };
await patient.close();
console.log(JSON.stringify(told));
