export {
  type ExdataDoubt,
  type ExdataDoubtReason,
  exdataFieldClass,
  type ExdataFieldClass,
  type ExdataReviewedField,
  reviewExdataInvoice,
} from './review-invoice.js';
