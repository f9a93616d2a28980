import { z } from 'zod';
import type { Sandbox } from '../sandbox.js';

const fieldSchema = z.object({ value: z.unknown(), candidates: z.array(z.unknown()).nullable() });
const documentSchema = z.looseObject({
  id: z.number(),
  mode: z.string(),
  status: z.string(),
  processing_stage: z.string().nullable(),
  processing_error: z.unknown(),
  blocked_reason: z.string().nullable(),
  is_e_invoice: z.boolean().nullable(),
  latest_extraction_run: z.looseObject({ id: z.number(), status: z.string() }).nullable(),
});
const problemSchema = z.looseObject({
  message: z.string(),
  code: z.string(),
  request_id: z.string(),
  errors: z.record(z.string(), z.array(z.string())).optional(),
});

/** An upload for specs; absent parts get a plain PDF's. */
export interface Upload {
  readonly file?: Uint8Array | null;
  readonly filename?: string;
  readonly key?: string;
  readonly token?: string;
  readonly fields?: readonly (readonly [string, string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Nothing in it to read, as in a scan. */
export const scan = Buffer.from('%PDF-1.7\n% a scan\n');

/** The smallest client that specs can get by with. It knows nothing of the simulator's insides but the base URL. */
export class Client {
  constructor(private readonly sandbox: Pick<Sandbox, 'baseUrl'>) {}

  get(path: string, token = 'sandbox_test_token', headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.sandbox.baseUrl}${path}`, { headers: { authorization: `Bearer ${token}`, ...headers } });
  }

  delete(path: string, token = 'sandbox_test_token'): Promise<Response> {
    return fetch(`${this.sandbox.baseUrl}${path}`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
  }

  upload({
    file = scan,
    filename = 'scan.pdf',
    key,
    token = 'sandbox_test_token',
    fields = [],
    headers = {},
    signal,
  }: Upload = {}): Promise<Response> {
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    if (file !== null) form.append('file', new Blob([Uint8Array.from(file)]), filename);
    const sent = { authorization: `Bearer ${token}`, ...(key !== undefined && { 'idempotency-key': key }), ...headers };
    return fetch(`${this.sandbox.baseUrl}/documents`, {
      method: 'POST',
      body: form,
      headers: sent,
      signal: signal ?? null,
    });
  }

  /** Uploads and expects to be let in. */
  async uploaded(upload: Upload = {}): Promise<z.infer<typeof documentSchema>> {
    const response = await this.upload(upload);
    if (response.status !== 201)
      throw new Error(`The upload was answered with ${response.status}: ${await response.text()}`);
    return documentOf(response);
  }

  async document(id: number): Promise<z.infer<typeof documentSchema>> {
    return documentOf(await this.get(`/documents/${id}`));
  }

  async extractions(id: number): Promise<Record<string, z.infer<typeof fieldSchema>>> {
    const response = await this.get(`/documents/${id}/extractions`);
    return z.object({ data: z.record(z.string(), fieldSchema) }).parse(await response.json()).data;
  }
}

export async function documentOf(response: Response): Promise<z.infer<typeof documentSchema>> {
  return z.object({ data: documentSchema }).parse(await response.json()).data;
}

export async function problemOf(response: Response): Promise<z.infer<typeof problemSchema> & { status: number }> {
  return { ...problemSchema.parse(await response.json()), status: response.status };
}
