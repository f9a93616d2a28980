export const deliveryJobName = 'delivery';
/** Of deliveries that can wait: about documents that the ledger does not know, and replays. */
export const laterDeliveryJobName = 'delivery-later';
