export { type Doubt, type DoubtReason, fieldClass, type FieldClass, type ReviewedField, reviewInvoice } from './review-invoice.js';
