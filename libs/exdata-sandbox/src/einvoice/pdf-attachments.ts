import {
  PDFArray,
  PDFDict,
  PDFDocument,
  PDFHexString,
  PDFName,
  PDFRawStream,
  PDFString,
  type PDFContext,
  type PDFObject,
} from '@cantoo/pdf-lib';
import type { SandboxLimits } from '../limits.js';
import { objectStreamsWithin } from './object-streams.js';

/** A file inside a PDF. */
export interface Attachment {
  /** The base name in lower case. */
  readonly name: string;
  /** `AFRelationship` (ISO 32000-2, 7.11.3), such as `Alternative`. */
  readonly relationship: string | undefined;
  readonly stream: PDFRawStream;
}

/**
 * The embedded files of a PDF: those of the name tree and those that the catalog names as associated files, each once.
 * @returns none for a file that is no readable PDF, is encrypted, or would unpack beyond the limits
 */
export async function attachmentsOf(bytes: Uint8Array, limits: SandboxLimits): Promise<Attachment[]> {
  if (!objectStreamsWithin(bytes, limits.inflatedBytes)) return [];
  try {
    const { context, catalog } = await PDFDocument.load(bytes, { updateMetadata: false });
    const tree = dict(context, dict(context, catalog.get(PDFName.of('Names')))?.get(PDFName.of('EmbeddedFiles')));
    const associated = array(context, catalog.get(PDFName.of('AF')));
    const found = new Map<PDFRawStream, Attachment>();
    for (const specification of [...associated, ...leaves(context, tree)]) {
      const attachment = attachmentOf(context, dict(context, specification));
      if (attachment !== undefined && !found.has(attachment.stream)) found.set(attachment.stream, attachment);
      if (found.size >= limits.attachments) break;
    }
    return [...found.values()];
  } catch {
    // Uploads are whatever people have: a file that pdf-lib cannot read is a PDF without attachments.
    return [];
  }
}

/** The values of a name tree (ISO 32000-1, 7.9.6); a node that comes up again is not followed. */
function leaves(context: PDFContext, node: PDFDict | undefined, seen = new Set<PDFDict>()): PDFObject[] {
  if (node === undefined || seen.has(node) || seen.size > 10_000) return [];
  seen.add(node);
  const values = array(context, node.get(PDFName.of('Names'))).filter((_, index) => index % 2 === 1);
  const kids = array(context, node.get(PDFName.of('Kids')));
  return [...values, ...kids.flatMap((kid) => leaves(context, dict(context, kid), seen))];
}

function attachmentOf(context: PDFContext, specification: PDFDict | undefined): Attachment | undefined {
  const embedded = dict(context, specification?.get(PDFName.of('EF')));
  const stream = ['UF', 'F']
    .map((key) => context.lookup(embedded?.get(PDFName.of(key))))
    .find((object) => object instanceof PDFRawStream);
  if (specification === undefined || stream === undefined) return undefined;
  const names = ['UF', 'F'].map((key) => context.lookup(specification.get(PDFName.of(key))));
  const name =
    names.find((object) => object instanceof PDFString || object instanceof PDFHexString)?.decodeText() ?? '';
  const relationship = context.lookup(specification.get(PDFName.of('AFRelationship')));
  return {
    name: name
      .replace(/^.*[\\/]/, '')
      .trim()
      .toLowerCase(),
    relationship: relationship instanceof PDFName ? relationship.decodeText() : undefined,
    stream,
  };
}

function dict(context: PDFContext, object: PDFObject | undefined): PDFDict | undefined {
  const found = context.lookup(object);
  return found instanceof PDFDict ? found : undefined;
}

function array(context: PDFContext, object: PDFObject | undefined): PDFObject[] {
  const found = context.lookup(object);
  return found instanceof PDFArray ? found.asArray() : [];
}
