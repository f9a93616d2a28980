export const handlerJobName = 'handler';
