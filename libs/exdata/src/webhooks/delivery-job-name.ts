export const deliveryJobName = 'delivery';
