import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSandbox, VirtualClock, type Sandbox } from '../index.js';
import { Client } from '../testing/client.js';
import { pdfWith, type Place } from '../testing/invoice-pdf.js';
import { cii, ubl } from '../testing/invoice-xml.js';

describe('e-invoices', () => {
  const clock = new VirtualClock();
  let sandbox: Sandbox;
  let client: Client;

  beforeAll(async () => {
    sandbox = createSandbox({
      clock,
      limits: { xmlBytes: 200_000, xmlDepth: 32, inflatedBytes: 1_000_000, attachments: 8 },
    });
    await sandbox.listen();
    client = new Client(sandbox);
  });

  afterAll(() => sandbox.close());

  const finished = async (file: string | Uint8Array, filename: string): ReturnType<Client['document']> => {
    const { id } = await client.uploaded({ file: Buffer.from(file), filename });
    await clock.advance(1_000);
    return client.document(id);
  };
  const values = async (file: string | Uint8Array, filename = 'invoice.xml'): Promise<Record<string, unknown>> => {
    const document = await finished(file, filename);
    expect(document).toMatchObject({ status: 'completed', is_e_invoice: true });
    const fields = await client.extractions(document.id);
    return Object.fromEntries(Object.entries(fields).map(([name, { value }]) => [name, value]));
  };

  it('writes what a CII invoice says as the contract does, and null for what it does not say', async () => {
    expect(await values(cii())).toEqual({
      type: 'invoice',
      document_number: '4711',
      issue_date: '2026-03-01',
      payment_due_date: null,
      sender_name: 'Verkäufer GmbH',
      recipient_name: 'Käufer AG',
      currency: 'EUR',
      net_amount: '100.00',
      gross_amount: '119.00',
      tax_breakdowns: null,
      iban: null,
    });
  });

  it('keeps what the document says as candidates', async () => {
    const { id } = await finished(cii({ totals: '<a:GrandTotalAmount>119</a:GrandTotalAmount>' }), 'invoice.xml');
    expect(await client.extractions(id)).toMatchObject({
      gross_amount: { value: '119.00', candidates: ['119'] },
      net_amount: { value: null, candidates: null },
    });
  });

  it('takes header taxes, the first payment terms with a date and the first creditor account', async () => {
    const settlement = `<a:InvoiceCurrencyCode> eur </a:InvoiceCurrencyCode>
      <a:SpecifiedTradeSettlementPaymentMeans><a:PayerPartyDebtorFinancialAccount><a:IBANID>DE00</a:IBANID></a:PayerPartyDebtorFinancialAccount></a:SpecifiedTradeSettlementPaymentMeans>
      <a:SpecifiedTradeSettlementPaymentMeans><a:PayeePartyCreditorFinancialAccount><a:IBANID>DE02 1203 0000 0000 2020 51</a:IBANID></a:PayeePartyCreditorFinancialAccount></a:SpecifiedTradeSettlementPaymentMeans>
      <a:SpecifiedTradeSettlementPaymentMeans><a:PayeePartyCreditorFinancialAccount><a:IBANID>FR1420041010050500013M02606</a:IBANID></a:PayeePartyCreditorFinancialAccount></a:SpecifiedTradeSettlementPaymentMeans>
      <a:ApplicableTradeTax><a:CalculatedAmount>19</a:CalculatedAmount><a:BasisAmount>100</a:BasisAmount><a:CategoryCode>S</a:CategoryCode><a:RateApplicablePercent>19</a:RateApplicablePercent></a:ApplicableTradeTax>
      <a:ApplicableTradeTax><a:CalculatedAmount>0</a:CalculatedAmount><a:ExemptionReason>Reverse charge</a:ExemptionReason><a:BasisAmount>5.125</a:BasisAmount><a:CategoryCode>AE</a:CategoryCode><a:RateApplicablePercent>0</a:RateApplicablePercent></a:ApplicableTradeTax>
      <a:SpecifiedTradePaymentTerms><a:Description>2 % within 7 days</a:Description></a:SpecifiedTradePaymentTerms>
      <a:SpecifiedTradePaymentTerms><a:DueDateDateTime><d:DateTimeString format="102">20260331</d:DateTimeString></a:DueDateDateTime></a:SpecifiedTradePaymentTerms>`;
    expect(await values(cii({ settlement }))).toMatchObject({
      currency: 'EUR',
      iban: 'DE02120300000000202051',
      payment_due_date: '2026-03-31',
      tax_breakdowns: [
        {
          taxable_amount: '100.00',
          tax_amount: '19.00',
          tax_rate: '19.00',
          taxability: 'taxable',
          tax_collection_mechanism: 'seller_collected',
        },
        {
          taxable_amount: '5.125',
          tax_amount: '0.00',
          tax_rate: '0.00',
          taxability: 'taxable',
          tax_collection_mechanism: 'reverse_charge',
          tax_exemption_reason: 'Reverse charge',
        },
      ],
    });
  });

  it('prefers amounts in the currency of the invoice', async () => {
    const totals = `<a:TaxBasisTotalAmount currencyID="USD">110</a:TaxBasisTotalAmount><a:TaxBasisTotalAmount currencyID="EUR">100.5</a:TaxBasisTotalAmount>
      <a:TaxTotalAmount currencyID="EUR">19</a:TaxTotalAmount><a:TaxTotalAmount currencyID="USD">21</a:TaxTotalAmount><a:GrandTotalAmount>-119.50</a:GrandTotalAmount>`;
    expect(await values(cii({ totals }))).toMatchObject({ net_amount: '100.50', gross_amount: '-119.50' });
  });

  it.each([
    ['102', '20260229', null],
    ['102', '20280229', '2028-02-29'],
    ['102', ' 2026-03-05 ', '2026-03-05'],
    ['203', '202603051030', '2026-03-05'],
    ['204', '20260305103059', '2026-03-05'],
    ['610', '202603', null],
    ['616', '202610', null],
    ['9999', '20260305', '2026-03-05'],
  ])('reads a date of format %s written %s as %s', async (format, text, date) => {
    const document = `<a:ID>1</a:ID><a:IssueDateTime><d:DateTimeString format="${format}">${text}</d:DateTimeString></a:IssueDateTime>`;
    expect(await values(cii({ document }))).toMatchObject({ issue_date: date });
  });

  it.each([
    ...['380', '384', '389', '326', '751', '84', '877'].map((code) => [code, 'invoice']),
    ...['381', '83', '261', '262', '296', '308', '396', '420', '458', '532'].map((code) => [code, 'credit-note']),
  ])('takes type code %s for %s', async (code, type) => {
    expect(await values(cii({ document: `<a:TypeCode>${code}</a:TypeCode>` }))).toMatchObject({ type });
    expect(await values(ubl('Invoice', `<cbc:InvoiceTypeCode>${code}</cbc:InvoiceTypeCode>`))).toMatchObject({ type });
  });

  it('reads a UBL credit note', async () => {
    const content = `<cbc:ID>CN-1</cbc:ID><cbc:IssueDate>2026-03-01+01:00</cbc:IssueDate><cbc:CreditNoteTypeCode>381</cbc:CreditNoteTypeCode>
      <cbc:DocumentCurrencyCode>SEK</cbc:DocumentCurrencyCode><cbc:TaxCurrencyCode>EUR</cbc:TaxCurrencyCode>
      <cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>INV-1</cbc:ID><cbc:IssueDate>2025-01-01</cbc:IssueDate></cac:InvoiceDocumentReference></cac:BillingReference>
      <cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Handelsnamn</cbc:Name></cac:PartyName><cac:PartyLegalEntity><cbc:RegistrationName>Säljare AB</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
      <cac:AccountingCustomerParty><cac:Party><cac:PartyName><cbc:Name>Köpare</cbc:Name></cac:PartyName></cac:Party></cac:AccountingCustomerParty>
      <cac:PaymentMeans><cbc:PaymentDueDate>2026-03-31</cbc:PaymentDueDate><cac:PayeeFinancialAccount><cbc:ID>5555-5555</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
      <cac:PaymentMeans><cac:PayeeFinancialAccount><cbc:ID>se45 5000 0000 0583 9825 7466</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
      <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">2.50</cbc:TaxAmount></cac:TaxTotal>
      <cac:TaxTotal><cbc:TaxAmount currencyID="SEK">25</cbc:TaxAmount><cac:TaxSubtotal><cbc:TaxableAmount currencyID="SEK">100</cbc:TaxableAmount><cbc:TaxAmount currencyID="SEK">25</cbc:TaxAmount>
        <cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
      <cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="SEK">90</cbc:LineExtensionAmount><cbc:TaxExclusiveAmount currencyID="SEK">100</cbc:TaxExclusiveAmount>
        <cbc:TaxInclusiveAmount currencyID="SEK">125</cbc:TaxInclusiveAmount><cbc:PayableAmount currencyID="SEK">0</cbc:PayableAmount></cac:LegalMonetaryTotal>`;
    expect(await values(ubl('CreditNote', content))).toEqual({
      type: 'credit-note',
      document_number: 'CN-1',
      issue_date: '2026-03-01',
      payment_due_date: '2026-03-31',
      sender_name: 'Säljare AB',
      recipient_name: 'Köpare',
      currency: 'SEK',
      net_amount: '100.00',
      gross_amount: '125.00',
      tax_breakdowns: [
        {
          taxable_amount: '100.00',
          tax_amount: '25.00',
          tax_rate: '25.00',
          taxability: 'taxable',
          tax_collection_mechanism: 'seller_collected',
        },
      ],
      iban: 'SE4550000000058398257466',
    });
  });

  describe('as text', () => {
    const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
    const declared = (encoding: string): string => cii({ prolog: `<?xml version="1.0" encoding='${encoding}'?>` });
    const encodings: readonly (readonly [string, Uint8Array])[] = [
      ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${declared('UTF-8')}`)],
      ['UTF-16 little endian', utf16(`\uFEFF${declared('UTF-16')}`)],
      ['UTF-16 big endian', utf16(`\uFEFF${declared('UTF-16')}`).swap16()],
      ['UTF-16 without a byte order mark', utf16(declared('UTF-16'))],
      ['ISO-8859-1', Buffer.from(declared('ISO-8859-1'), 'latin1')],
      ['no declaration', Buffer.from(cii({ prolog: '' }))],
      ['a declaration of UTF-16 that is not true', Buffer.from(declared('UTF-16'))],
    ];

    it.each(encodings)('reads %s', async (_, bytes) => {
      expect(await values(bytes)).toMatchObject({ sender_name: 'Verkäufer GmbH', document_number: '4711' });
    });

    it('reads through comments, character data and white space', async () => {
      const document =
        '<!-- <a:ID>0</a:ID> -->\n<a:ID schemeID="x">\n  RE<!-- - -->-<![CDATA[1 & 2]]>\n  &#51;\t&lt; </a:ID>';
      expect(
        await values(cii({ document, prolog: `<?xml version="1.0"?><!-- ${'license '.repeat(500)} -->\n` })),
      ).toMatchObject({
        document_number: 'RE-1 & 2 3 <',
      });
    });
  });

  describe('inside a PDF', () => {
    it.each([
      ['factur-x.xml', 'names', true],
      ['ZUGFeRD-invoice.xml', 'kids', true],
      ['zugferd-invoice.xml', 'af', true],
      ['XRechnung.XML', 'names', false],
    ] satisfies [string, Place, boolean][])(
      'finds %s by %s (object streams: %s)',
      async (name, place, objectStreams) => {
        expect(
          await values(
            await pdfWith([{ name, content: cii(), relationship: 'Alternative' }], place, objectStreams),
            'invoice.pdf',
          ),
        ).toMatchObject({
          document_number: '4711',
        });
      },
    );

    it('tells the invoice from other attachments, other invoices among them', async () => {
      const other = cii({ document: '<a:ID>another invoice</a:ID>' });
      const pdf = await pdfWith([
        { name: 'a-previous-invoice.xml', content: other, relationship: 'Supplement' },
        { name: 'order-x.xml', content: '<SCRDMCCBDACIOMessageStructure/>', relationship: 'Data' },
        { name: 'picture.png', content: Buffer.from([0x89, 0x50, 0x4e, 0x47]) },
        { name: 'factur-x.xml', content: cii(), relationship: 'Data' },
      ]);
      expect(await values(pdf, 'invoice.pdf')).toMatchObject({ document_number: '4711' });
    });

    it('goes by relationship when no name is the prescribed one', async () => {
      const pdf = await pdfWith([
        { name: 'a.xml', content: cii({ document: '<a:ID>a supplement</a:ID>' }), relationship: 'Supplement' },
        { name: 'b.xml', content: cii(), relationship: 'Alternative' },
      ]);
      expect(await values(pdf, 'invoice.pdf')).toMatchObject({ document_number: '4711' });
    });

    it('takes a PDF without an invoice for a scan', async () => {
      const pdf = await pdfWith([{ name: 'terms.xml', content: '<terms/>' }]);
      const document = await finished(pdf, 'invoice.pdf');
      expect(document).toMatchObject({ status: 'completed', is_e_invoice: false });
      expect((await client.extractions(document.id)).gross_amount?.value).toMatch(/^\d+\.\d\d$/);
    });
  });

  describe('that must not be read', () => {
    const entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>';
    it.each([
      ['a document type', cii({ prolog: entities, document: '<a:ID>&b;</a:ID>' })],
      ['an unknown entity', cii({ document: '<a:ID>&b;</a:ID>' })],
      ['a broken end', cii().slice(0, -30)],
      ['too many levels', cii({ document: '<a:X>'.repeat(50) + '</a:X>'.repeat(50) })],
      ['too many bytes', cii({ document: `<a:ID>${'1'.repeat(300_000)}</a:ID>` })],
      ['bytes that are not UTF-8', Buffer.from(cii(), 'latin1')],
    ])('ends as error for %s', async (_, xml) => {
      expect(await finished(xml, 'invoice.xml')).toMatchObject({
        status: 'error',
        processing_error: { code: 'unreadable_file' },
      });
    });

    it('does not unpack an attachment beyond the limit', async () => {
      const bomb = cii({ document: `<a:ID>${' '.repeat(5_000_000)}</a:ID>` });
      const pdf = await pdfWith([{ name: 'factur-x.xml', content: bomb }]);
      expect(pdf.length).toBeLessThan(50_000);
      expect(await finished(pdf, 'invoice.pdf')).toMatchObject({ status: 'error' });
    });

    it('does not unpack object streams beyond the limit', async () => {
      const bomb = Buffer.from(await pdfWith([{ name: 'factur-x.xml', content: cii() }])).toString('latin1');
      const stream = deflateSync(Buffer.alloc(3_000_000, ' ')).toString('latin1');
      const object = `99 0 obj\n<</Type /Obj#53tm /N 0 /First 0 /Filter /FlateDecode /Length ${stream.length}>>\nstream\n${stream}\nendstream\nendobj\n`;
      const file = Buffer.from(bomb.replace(/(?=1 0 obj)/, object), 'latin1');
      expect(await finished(file, 'invoice.pdf')).toMatchObject({ status: 'completed', is_e_invoice: false });
    });
  });
});
