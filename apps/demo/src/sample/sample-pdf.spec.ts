import { describe, expect, it } from '@jest/globals';
import { PDFDocument } from '@cantoo/pdf-lib';
import { crossIndustryInvoice } from './cross-industry-invoice.js';
import { sampleInvoice, totalsOf } from './sample-invoice.js';
import { facturX } from './sample-pdf.js';

const invoice = sampleInvoice(new Date('2026-05-10T12:00:00Z'));

describe('the sample invoice', () => {
  it('adds up', () => {
    expect(totalsOf(invoice)).toEqual({
      net: '341.55',
      tax: '57.47',
      gross: '399.02',
      taxes: [
        { rate: '19.00', basis: '279.70', amount: '53.14' },
        { rate: '7.00', basis: '61.85', amount: '4.33' },
      ],
    });
    expect(invoice.dueDate).toBe('2026-06-09');
  });

  it('carries its own XML as Factur-X asks', async () => {
    const pdf = await PDFDocument.load(await facturX(invoice));
    const [attachment, ...others] = pdf.getAttachments();
    expect(others).toEqual([]);
    expect(attachment).toMatchObject({ name: 'factur-x.xml', mimeType: 'text/xml', afRelationship: 'Alternative' });
    expect(new TextDecoder().decode(attachment?.data)).toBe(crossIndustryInvoice(invoice));
  });
});
