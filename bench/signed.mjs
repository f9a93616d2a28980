/** What makes a delivery of a benchmark a true one. */
import { createHmac } from 'node:crypto';

export const secret = 'whsec_of_good_length_for_benchmarks';

/** @param {string | Buffer} body */
export const signatureOf = (body) => createHmac('sha256', secret).update(body).digest('hex');
