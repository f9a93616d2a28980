import XmlBuilder from 'fast-xml-builder';
import { type Line, lineNet, type Party, type SampleInvoice, totalsOf } from './sample-invoice.js';
import { formatCents } from './amounts.js';

const namespaces = {
  '@_xmlns:rsm': 'urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100',
  '@_xmlns:ram': 'urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100',
  '@_xmlns:udt': 'urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100',
};

/**
 * The invoice as UN/CEFACT Cross Industry Invoice D16B in the profile EN 16931 (Factur-X 1.0, "Comfort").
 * The order of the elements is the schema's, and matters.
 */
export function crossIndustryInvoice(invoice: SampleInvoice): string {
  const { number, issueDate, dueDate, seller, buyer, currency, lines } = invoice;
  const { net, tax, gross, taxes } = totalsOf(invoice);
  const document = {
    'rsm:CrossIndustryInvoice': {
      ...namespaces,
      'rsm:ExchangedDocumentContext': {
        'ram:GuidelineSpecifiedDocumentContextParameter': { 'ram:ID': 'urn:cen.eu:en16931:2017' },
      },
      'rsm:ExchangedDocument': { 'ram:ID': number, 'ram:TypeCode': 380, 'ram:IssueDateTime': dateTime(issueDate) },
      'rsm:SupplyChainTradeTransaction': {
        'ram:IncludedSupplyChainTradeLineItem': lines.map(lineItem),
        'ram:ApplicableHeaderTradeAgreement': {
          'ram:BuyerReference': buyer.reference,
          'ram:SellerTradeParty': {
            ...tradeParty(seller),
            'ram:SpecifiedTaxRegistration': { 'ram:ID': { '@_schemeID': 'VA', '#text': seller.vatId } },
          },
          'ram:BuyerTradeParty': tradeParty(buyer),
        },
        'ram:ApplicableHeaderTradeDelivery': {
          'ram:ActualDeliverySupplyChainEvent': { 'ram:OccurrenceDateTime': dateTime(issueDate) },
        },
        'ram:ApplicableHeaderTradeSettlement': {
          'ram:PaymentReference': number,
          'ram:InvoiceCurrencyCode': currency,
          // 58: SEPA credit transfer (UNTDID 4461).
          'ram:SpecifiedTradeSettlementPaymentMeans': {
            'ram:TypeCode': 58,
            'ram:PayeePartyCreditorFinancialAccount': { 'ram:IBANID': seller.iban },
          },
          'ram:ApplicableTradeTax': taxes.map(({ rate, basis, amount }) => ({
            'ram:CalculatedAmount': amount,
            'ram:TypeCode': 'VAT',
            'ram:BasisAmount': basis,
            'ram:CategoryCode': 'S',
            'ram:RateApplicablePercent': rate,
          })),
          'ram:SpecifiedTradePaymentTerms': { 'ram:DueDateDateTime': dateTime(dueDate) },
          'ram:SpecifiedTradeSettlementHeaderMonetarySummation': {
            'ram:LineTotalAmount': net,
            'ram:TaxBasisTotalAmount': net,
            'ram:TaxTotalAmount': { '@_currencyID': currency, '#text': tax },
            'ram:GrandTotalAmount': gross,
            'ram:DuePayableAmount': gross,
          },
        },
      },
    },
  };
  const builder = new XmlBuilder({ ignoreAttributes: false, format: true });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(document)}`;
}

function lineItem(line: Line, index: number) {
  return {
    'ram:AssociatedDocumentLineDocument': { 'ram:LineID': index + 1 },
    'ram:SpecifiedTradeProduct': { 'ram:Name': line.name },
    'ram:SpecifiedLineTradeAgreement': {
      'ram:NetPriceProductTradePrice': { 'ram:ChargeAmount': formatCents(line.unitCents) },
    },
    'ram:SpecifiedLineTradeDelivery': { 'ram:BilledQuantity': { '@_unitCode': line.unit, '#text': line.quantity } },
    'ram:SpecifiedLineTradeSettlement': {
      'ram:ApplicableTradeTax': {
        'ram:TypeCode': 'VAT',
        'ram:CategoryCode': 'S',
        'ram:RateApplicablePercent': `${line.taxRate}.00`,
      },
      'ram:SpecifiedTradeSettlementLineMonetarySummation': { 'ram:LineTotalAmount': lineNet(line) },
    },
  };
}

function tradeParty({ name, street, postcode, city, country }: Party) {
  return {
    'ram:Name': name,
    'ram:PostalTradeAddress': {
      'ram:PostcodeCode': postcode,
      'ram:LineOne': street,
      'ram:CityName': city,
      'ram:CountryID': country,
    },
  };
}

/** Format 102 is `YYYYMMDD` (UNTDID 2379). */
function dateTime(day: string) {
  return { 'udt:DateTimeString': { '@_format': '102', '#text': day.replaceAll('-', '') } };
}
