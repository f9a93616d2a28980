import { describe, expect, it } from '@jest/globals';
import { ExdataLogLine } from './log-line.js';

describe('a line of the log', () => {
  it('is one line of fields, quoted where they need it', () => {
    const line = new ExdataLogLine(
      'upload.retry',
      { sourceId: 'INV 1', requestId: 'req_1' },
      { code: 'timeout', retryAt: null, count: 3 },
    );
    expect(String(line)).toBe('upload.retry sourceId="INV 1" requestId=req_1 code=timeout count=3');
    expect(JSON.parse(JSON.stringify(line))).toEqual({
      ...{ event: 'upload.retry', sourceId: 'INV 1', requestId: 'req_1' },
      ...{ code: 'timeout', retryAt: null, count: 3 },
    });
  });

  it.each([
    ['a line break', 'a\nerror fake=1', 'a\\u000aerror fake=1'],
    ['a command to a terminal', '\u001b[2Jgone', '\\u001b[2Jgone'],
    ['one of eight bits', '\u009b2J', '\\u009b2J'],
    ['a separator of lines', 'a\u2028b', 'a\\u2028b'],
    ['a turn of direction', 'a\u202eb', 'a\\u202eb'],
  ])('shows %s in others’ words instead of obeying it', (_, status, shown) => {
    const line = new ExdataLogLine('document.unknown_status', { documentId: status }, { status });
    expect([line.status, line.documentId]).toEqual([shown, shown]);
    expect(String(line)).not.toContain(status);
  });

  it('takes so many of them', () => {
    const line = new ExdataLogLine('alert', {}, { message: 'x'.repeat(1_000_000) });
    expect(line.message).toBe(`${'x'.repeat(1_000)}…`);
  });
});
