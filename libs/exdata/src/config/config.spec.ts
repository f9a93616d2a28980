import { describe, expect, it } from '@jest/globals';
import { checkOptions } from './index.js';

const options = { mode: 'test', token: 'tok_0123456789', webhookSecrets: [{ id: 'current', secret: 'sixteen characters' }] } as const;

describe('options', () => {
  it('are filled in', () => {
    expect(checkOptions(options)).toMatchObject({
      config: {
        baseUrl: 'https://www.exdata.app/api/v1',
        upload: { maxBytes: 500_000_000 },
        webhook: { pastToleranceMs: 300_000, futureToleranceMs: 60_000 },
        work: { leaseMs: 30_000 },
      },
    });
  });

  it('are named all at once when they are at fault, each by its path and none by its value', () => {
    const wrong = {
      mode: 'prod',
      token: 'my secret token',
      webhookSecrets: [{ id: 'a b', secret: ' short' }],
      upload: { maxBytes: 500_000_001 },
      typo: 1,
    };
    const checked = checkOptions(wrong as never);
    const faults = 'faults' in checked ? checked.faults.join('\n') : '';
    for (const path of ['mode:', 'token:', 'webhookSecrets[0].id:', 'webhookSecrets[0].secret:', 'upload.maxBytes:', 'typo'])
      expect(faults).toContain(path);
    expect(faults).not.toMatch(/my secret token|short/);
  });

  it.each([[[]], [[...options.webhookSecrets, ...options.webhookSecrets]]])(
    'need secrets, each with a name of its own',
    (webhookSecrets) => {
      expect(checkOptions({ ...options, webhookSecrets })).toHaveProperty('faults');
    },
  );
});
