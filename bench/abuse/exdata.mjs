/** The simulator of exdata in a process of its own: it takes nothing of the time of those that are measured. */
import { createSandbox } from 'nestjs-exdata-sandbox';
import { answerParent } from '../application.mjs';
import { secret } from '../signed.mjs';
import { token } from './deliveries.mjs';

const sandbox = createSandbox({
  processingMs: 0,
  accounts: [{ id: 'bench', credits: 1e9, tokens: [{ token, mode: 'test' }] }],
});
/** @type {string | undefined} */
let endpoint;

/**
 * Documents that another system of the account uploads. @param {number} count @returns {Promise<number[]>} their ids
 */
async function strangers(count) {
  /** @type {number[]} */
  const ids = [];
  let begun = 0;
  const upload = async () => {
    while (begun < count) {
      const form = new FormData();
      form.append('file', new Blob([`%PDF-1.4 of a stranger ${begun++}`]), 'stranger.pdf');
      const headers = { authorization: `Bearer ${token}`, 'idempotency-key': `stranger-${begun}` };
      const answer = await fetch(`${sandbox.baseUrl}/documents`, { method: 'POST', headers, body: form });
      if (answer.status !== 201) throw new Error(`a stranger's upload was answered ${answer.status}`);
      /** @type {{ data: { id: number } }} */
      const { data } = JSON.parse(await answer.text());
      ids.push(data.id);
    }
  };
  await Promise.all(Array.from({ length: 8 }, upload));
  return ids;
}

answerParent(await sandbox.listen(), {
  strangers,
  /** Sends webhooks there, and nowhere else. @param {string} url */
  sendTo: (url) => {
    if (endpoint !== undefined) sandbox.webhooks.removeEndpoint(endpoint);
    endpoint = sandbox.webhooks.addEndpoint({ url, secret }).id;
  },
});
