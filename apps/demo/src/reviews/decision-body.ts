import { z } from 'zod';

const value = z.string().trim().max(1000).nullable();
const amount = value.optional();

/**
 * What a person chose: only the fields they touched; the others stay as exdata gave them. `null` says that the document
 * has none.
 */
const fields = z.strictObject({
  type: value.optional(),
  document_number: value.optional(),
  issue_date: z.iso.date().nullable().optional(),
  payment_due_date: z.iso.date().nullable().optional(),
  sender_name: value.optional(),
  recipient_name: value.optional(),
  currency: value.optional(),
  net_amount: value.optional(),
  gross_amount: value.optional(),
  iban: value.optional(),
  tax_breakdowns: z
    .array(z.object({ taxable_amount: amount, tax_amount: value, tax_rate: amount }))
    .max(100)
    .nullable()
    .optional(),
});

/** The body of `POST /reviews/{sourceId}/decision`. */
export const decisionBody = z.strictObject({ fields: fields.default({}) });

export type ChosenFields = z.infer<typeof fields>;
