/** exdata, in a process of its own: answers at once, and delivers at once or when it is told to. */
import { createSandbox } from 'nestjs-exdata-sandbox';
import { answer, settings } from './answers.mjs';

const { secret, processingMs } = settings();
/**
 * An application that is too busy to take a webhook gets it again soon, so that the run measures its work and not the
 * sender's patience; milliseconds.
 */
const webhookRetryAfterMs = Array.from({ length: 100 }, () => 250);
const sandbox = createSandbox({ processingMs, webhookRetryAfterMs, limits: { journalEntries: 1_000 } });
await sandbox.listen();

answer(
  {
    baseUrl: () => sandbox.baseUrl,
    endpoint: ({ url }) => void sandbox.webhooks.addEndpoint({ url, secret }),
    /** Ids of the documents, the oldest first. */
    documents: () =>
      sandbox.documents
        .list()
        .map(({ id }) => id)
        .reverse(),
    /** Ends a document; resolves to when its webhook left (epoch ms), before it was answered. */
    finish: ({ id }) => {
      const at = performance.timeOrigin + performance.now();
      void sandbox.documents.finish(id);
      return at;
    },
  },
  () => sandbox.close(),
);
