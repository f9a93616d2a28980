/** Parts of a CII invoice that specs vary; XML is built from nothing but these. */
export interface CiiParts {
  readonly document?: string;
  readonly settlement?: string;
  readonly totals?: string;
  readonly prolog?: string;
}

const ns = 'urn:un:unece:uncefact:data:standard';

/** A Cross Industry Invoice (D16B): number 4711, net 100, tax 19, gross 119. */
export function cii({
  document = '<a:ID>4711</a:ID><a:TypeCode>380</a:TypeCode><a:IssueDateTime><d:DateTimeString format="102">20260301</d:DateTimeString></a:IssueDateTime>',
  settlement = '<a:InvoiceCurrencyCode>EUR</a:InvoiceCurrencyCode>',
  totals = '<a:TaxBasisTotalAmount>100</a:TaxBasisTotalAmount><a:GrandTotalAmount>119</a:GrandTotalAmount>',
  prolog = '<?xml version="1.0" encoding="UTF-8"?>',
}: CiiParts = {}): string {
  return `${prolog}<i:CrossIndustryInvoice xmlns:i="${ns}:CrossIndustryInvoice:100" xmlns:a="${ns}:ReusableAggregateBusinessInformationEntity:100" xmlns:d="${ns}:UnqualifiedDataType:100">
  <i:ExchangedDocument>${document}</i:ExchangedDocument>
  <i:SupplyChainTradeTransaction>
    <a:IncludedSupplyChainTradeLineItem><a:SpecifiedLineTradeSettlement>
      <a:ApplicableTradeTax><a:TypeCode>VAT</a:TypeCode><a:CategoryCode>S</a:CategoryCode><a:RateApplicablePercent>19</a:RateApplicablePercent></a:ApplicableTradeTax>
    </a:SpecifiedLineTradeSettlement></a:IncludedSupplyChainTradeLineItem>
    <a:ApplicableHeaderTradeAgreement>
      <a:SellerTradeParty><a:Name>Verkäufer GmbH</a:Name></a:SellerTradeParty><a:BuyerTradeParty><a:Name>Käufer AG</a:Name></a:BuyerTradeParty>
    </a:ApplicableHeaderTradeAgreement>
    <a:ApplicableHeaderTradeSettlement>${settlement}
      <a:SpecifiedTradeSettlementHeaderMonetarySummation>${totals}</a:SpecifiedTradeSettlementHeaderMonetarySummation>
    </a:ApplicableHeaderTradeSettlement>
  </i:SupplyChainTradeTransaction>
</i:CrossIndustryInvoice>`;
}

/** A UBL document of the given kind with the given content. */
export function ubl(kind: 'Invoice' | 'CreditNote', content: string): string {
  const names = 'urn:oasis:names:specification:ubl:schema:xsd';
  return `<${kind} xmlns="${names}:${kind}-2" xmlns:cac="${names}:CommonAggregateComponents-2" xmlns:cbc="${names}:CommonBasicComponents-2">${content}</${kind}>`;
}
