import { describe, expect, it } from '@jest/globals';
import { cleanFileName, endingOf } from './index.js';

describe('[U4] a file name', () => {
  it.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\temp\\a.pdf', 'a.pdf'],
    ['a"b\r\nX: y.pdf', 'abX: y.pdf'],
    ['Rechnung Ä.pdf', 'Rechnung Ä.pdf'],
    ['exe.\u202Efdp', 'exe.fdp'],
    ['a\u2066b\u2069.pdf', 'ab.pdf'],
    ['a\u2028b.pdf', 'ab.pdf'],
    ['..', 'document'],
    ['"', 'document'],
    ['', 'document'],
    [`${'x'.repeat(300)}.pdf`, `${'x'.repeat(196)}.pdf`],
    [`${'😀'.repeat(300)}.pdf`, `${'😀'.repeat(196)}.pdf`],
    [`${'x'.repeat(300)}.${'y'.repeat(30)}`, 'x'.repeat(200)],
    ['half \ud83d of one.pdf', 'half  of one.pdf'],
  ])('%j is kept and sent as %j', (name, clean) => {
    expect(cleanFileName(name)).toBe(clean);
    expect(cleanFileName(clean)).toBe(clean);
  });

  it.each([
    ['a.PDF', 'pdf'],
    ['a.tar.gz', 'gz'],
    ['a', ''],
    ['.pdf', ''],
    ['a.', ''],
    ['a. b', ''],
  ])('%j ends in %j', (name, ending) => {
    expect(endingOf(name)).toBe(ending);
  });
});
