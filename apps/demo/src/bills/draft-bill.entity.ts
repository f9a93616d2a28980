import type { ExdataMode } from 'nestjs-exdata';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One rate of tax on a bill; decimal strings. */
export interface TaxBreakdown {
  readonly taxableAmount: string | null;
  readonly taxAmount: string | null;
  readonly taxRate: string | null;
}

/** A bill as drafted from a document, waiting for the people who pay. One source has at most one in each mode. */
@Entity({ name: 'demo_draft_bill' })
@Index('demo_draft_bill_created', ['mode', 'createdAt', 'sourceId'])
export class DraftBill {
  /** What was drafted in test mode is never seen in live mode. */
  @PrimaryColumn({ name: 'mode', type: 'varchar', length: 8 })
  mode!: ExdataMode;

  @PrimaryColumn({ name: 'source_id', type: 'varchar', length: 200 })
  sourceId!: string;

  @Column({ name: 'exdata_document_id', type: 'varchar', length: 64 })
  exdataDocumentId!: string;

  @Column({ name: 'document_type', type: 'text', nullable: true })
  documentType!: string | null;

  @Column({ name: 'document_number', type: 'text' })
  documentNumber!: string;

  /** `YYYY-MM-DD`, as `paymentDueDate`. */
  @Column({ name: 'issue_date', type: 'varchar', length: 10, nullable: true })
  issueDate!: string | null;

  @Column({ name: 'payment_due_date', type: 'varchar', length: 10, nullable: true })
  paymentDueDate!: string | null;

  @Column({ name: 'vendor_name', type: 'text' })
  vendorName!: string;

  @Column({ name: 'customer_name', type: 'text', nullable: true })
  customerName!: string | null;

  /** ISO 4217. */
  @Column({ name: 'currency', type: 'varchar', length: 3 })
  currency!: string;

  /** A decimal string kept as exdata wrote it, as `grossAmount`: a bill must not round. */
  @Column({ name: 'net_amount', type: 'varchar', length: 64 })
  netAmount!: string;

  @Column({ name: 'gross_amount', type: 'varchar', length: 64 })
  grossAmount!: string;

  @Column({ name: 'iban', type: 'varchar', length: 64, nullable: true })
  iban!: string | null;

  @Column({ name: 'tax_breakdowns', type: 'simple-json' })
  taxBreakdowns!: TaxBreakdown[];

  /** Epoch ms. */
  @Column({ name: 'created_at', type: 'bigint', transformer: { to: (ms: number) => ms, from: Number } })
  createdAt!: number;
}
