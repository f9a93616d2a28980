// Only this benchmark needs them: a checkout without them can be checked and built all the same.
declare module 'pg-boss';
declare module '@dbos-inc/dbos-sdk';
