import { deflateSync } from 'node:zlib';
import { PDFDocument, PDFHexString, PDFName, PDFString, type PDFRef } from '@cantoo/pdf-lib';

/** A file to put into a PDF. */
export interface Embedded {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly relationship?: string;
}

/**
 * Where the embedded files are named: in the name tree, in one of its leaves two levels down, or only as associated
 * files.
 */
export type Place = 'names' | 'kids' | 'af';

/** A PDF with embedded files, built object by object so that each way of naming them can be tried. */
export async function pdfWith(
  files: readonly Embedded[],
  place: Place = 'names',
  useObjectStreams = true,
): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  pdf.addPage();
  const { context, catalog } = pdf;
  const specifications = files.map(({ name, content, relationship }): readonly [string, PDFRef] => {
    const stream = context.stream(deflateSync(content), {
      Type: 'EmbeddedFile',
      Subtype: 'text/xml',
      Filter: 'FlateDecode',
    });
    const specification = context.obj({
      Type: 'Filespec',
      F: PDFString.of(name),
      UF: PDFHexString.fromText(name),
      EF: { F: context.register(stream) },
      ...(relationship !== undefined && { AFRelationship: relationship }),
    });
    return [name, context.register(specification)];
  });
  const leaf = context.obj({ Names: specifications.flatMap(([name, ref]) => [PDFString.of(name), ref]) });
  const middle = context.obj({ Kids: [context.register(leaf)] });
  if (place === 'af') catalog.set(PDFName.of('AF'), context.obj(specifications.map(([, ref]) => ref)));
  else {
    const tree = place === 'kids' ? context.obj({ Kids: [context.register(middle)] }) : leaf;
    catalog.set(PDFName.of('Names'), context.obj({ EmbeddedFiles: tree }));
  }
  return pdf.save({ useObjectStreams });
}
