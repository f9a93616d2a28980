import type { SandboxLimits } from '../limits.js';
import { ciiRoots, readCii } from './cii.js';
import { decodeStream } from './inflate.js';
import type { InvoiceFields } from './invoice-fields.js';
import { attachmentsOf, type Attachment } from './pdf-attachments.js';
import { readUbl, ublRoots } from './ubl.js';
import { UnreadableInvoiceError } from './unreadable.js';
import { peekRoot, readXml } from './xml-reader.js';

/**
 * Reads an electronic invoice: UBL or CII XML, or a PDF that carries one (Factur-X, ZUGFeRD 1 and 2, XRechnung).
 * @returns undefined for a file that is no e-invoice
 * @throws {UnreadableInvoiceError} for an invoice whose XML is broken, has a DOCTYPE or is beyond the limits
 */
export async function readEInvoice(bytes: Uint8Array, limits: SandboxLimits): Promise<InvoiceFields | undefined> {
  const xml = isPdf(bytes) ? await invoiceInside(bytes, limits) : bytes;
  return xml !== undefined && isInvoice(xml) ? readInvoice(xml, limits) : undefined;
}

/** Whether the bytes begin as a PDF does; readers allow for up to 1,024 bytes before the header. */
function isPdf(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 1024)).includes('%PDF-');
}

function readInvoice(xml: Uint8Array, limits: SandboxLimits): InvoiceFields {
  const root = readXml(xml, limits);
  return ciiRoots.has(root.name) ? readCii(root) : readUbl(root);
}

function isInvoice(xml: Uint8Array): boolean {
  const root = peekRoot(xml);
  return root !== undefined && (ciiRoots.has(root.name) || ublRoots.get(root.name) === root.namespace);
}

/** File names that the standards prescribe, the newest first. */
const prescribed = ['factur-x.xml', 'xrechnung.xml', 'zugferd-invoice.xml'];
/**
 * Relationships that an invoice can have to the page it stands for; a supplement is something else, perhaps another
 * invoice.
 */
const meant = ['Alternative', 'Source', 'Data'];

/** The attachment that is the invoice: by name, then by relationship, and always by its content. */
async function invoiceInside(pdf: Uint8Array, limits: SandboxLimits): Promise<Uint8Array | undefined> {
  const attachments = await attachmentsOf(pdf, limits);
  let left = limits.inflatedBytes;
  for (const attachment of attachments.sort((one, other) => rank(one) - rank(other))) {
    const known = prescribed.includes(attachment.name);
    try {
      const bytes = decodeStream(attachment.stream, Math.min(left, limits.xmlBytes));
      left -= bytes.length;
      if (isInvoice(bytes)) return bytes;
    } catch (error) {
      // A supporting file of any size or kind is allowed; the invoice itself must be readable.
      if (known || !(error instanceof UnreadableInvoiceError)) throw error;
    }
  }
  return undefined;
}

function rank({ name, relationship }: Attachment): number {
  const byName = prescribed.indexOf(name);
  if (byName !== -1) return byName;
  const byRelationship = meant.indexOf(relationship ?? '');
  return prescribed.length + (byRelationship === -1 ? meant.length : byRelationship);
}
