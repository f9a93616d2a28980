import type { HoldReason } from './account.entity.js';

/** What is to be done about a hold, in words for the account's owner. */
export const holdMessages: Readonly<Record<HoldReason, string>> = {
  insufficient_credits:
    'exdata has no credits left for this account: nothing more is sent. Top up, then release the hold; documents go out again under new keys.',
  authentication_failed: 'exdata does not take the token: nothing more is sent. Put the right token in place, then release the hold.',
  permission_denied:
    'the token may not upload documents: nothing more is sent. Give it the ability documents:write, then release the hold.',
  wrong_mode:
    'exdata answered with a document of the other mode: the token is not the one of this environment. Nothing more is sent. Put the right token in place, then release the hold.',
};
