import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fontkit from '@cantoo/fontkit';
import { embedFacturX, PDFDocument, type PDFFont, type PDFPage } from '@cantoo/pdf-lib';
import { crossIndustryInvoice } from './cross-industry-invoice.js';
import { formatCents } from './amounts.js';
import { lineNet, type SampleInvoice, totalsOf } from './sample-invoice.js';

const margin = 56;
const lineHeight = 16;
const columns = [margin, 300, 380, 460] as const;

/**
 * The invoice as a Factur-X PDF: a page for people and, attached, the same invoice as XML for machines. PDF/A-3b: the
 * fonts are embedded, the colours defined, the metadata says what is attached.
 */
export async function facturX(invoice: SampleInvoice): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  pdf.registerFontkit(fontkit);
  const issued = new Date(`${invoice.issueDate}T00:00:00Z`);
  pdf.setTitle(`Invoice ${invoice.number}`);
  pdf.setAuthor(invoice.seller.name);
  pdf.setCreationDate(issued);
  pdf.setModificationDate(issued);
  draw(pdf.addPage([595, 842]), invoice, {
    regular: await embed(pdf, import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')),
    bold: await embed(pdf, import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf')),
  });
  await embedFacturX(pdf, new TextEncoder().encode(crossIndustryInvoice(invoice)), {
    conformanceLevel: 'EN 16931',
    description: 'The invoice as Cross Industry Invoice',
    creationDate: issued,
    modificationDate: issued,
  });
  return pdf.save();
}

async function embed(pdf: PDFDocument, fileUrl: string): Promise<PDFFont> {
  return pdf.embedFont(await readFile(fileURLToPath(fileUrl)), { subset: true });
}

function draw(page: PDFPage, invoice: SampleInvoice, { regular, bold }: { regular: PDFFont; bold: PDFFont }): void {
  let y = page.getHeight() - margin;
  const row = (cells: readonly string[], font = regular, size = 10) => {
    cells.forEach((text, index) => page.drawText(text, { x: columns[index] ?? margin, y, font, size }));
    y -= lineHeight;
  };
  const gap = () => (y -= lineHeight);
  const { seller, buyer, currency } = invoice;
  const { net, taxes, gross } = totalsOf(invoice);

  row([seller.name], bold, 14);
  row([`${seller.street}, ${seller.postcode} ${seller.city}, ${seller.country} · VAT ${seller.vatId}`]);
  gap();
  row([buyer.name], bold);
  row([`${buyer.street}, ${buyer.postcode} ${buyer.city}, ${buyer.country}`]);
  row([`Your reference: ${buyer.reference}`]);
  gap();
  row([`Invoice ${invoice.number}`], bold, 14);
  row([`Issued ${invoice.issueDate}, due ${invoice.dueDate}`]);
  gap();
  row(['Item', 'Quantity', `Price ${currency}`, `Net ${currency}`], bold);
  for (const line of invoice.lines)
    row([line.name, `${line.quantity} ${line.unit}`, formatCents(line.unitCents), lineNet(line)]);
  gap();
  row(['Net', '', '', net]);
  for (const { rate, basis, amount } of taxes) row([`VAT ${rate} % of ${basis}`, '', '', amount]);
  row(['Total', '', '', gross], bold);
  gap();
  row([`Please pay to IBAN ${seller.iban}`]);
  row(['A sample made by the demo of nestjs-exdata. Nobody owes it.']);
}
