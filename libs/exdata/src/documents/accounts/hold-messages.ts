import type { ExdataHoldReason } from './account.entity.js';

/** What is to be done about a hold, in words for the account's owner. */
export const holdMessages: Readonly<Record<ExdataHoldReason, string>> = {
  insufficient_credits:
    'exdata has no credits left for this account: nothing more is sent. Top up, then release the hold; documents go out again under new keys.',
  authentication_failed:
    'exdata does not take the token: nothing more is sent. Put the right token in place: the hold ends by itself where its source gives another one, for a token in the code or in a variable after a restart.',
  permission_denied:
    'the token may not upload documents, or not read them: nothing more is sent. Give it the abilities documents:write and documents:read, then release the hold.',
  wrong_mode:
    'exdata answered with a document of the other mode: the token is not the one of this environment. Nothing more is sent. Put the right token in place, then release the hold.',
};
