import { describe, expect, it } from '@jest/globals';
import { fileTypeOf } from './file-type.js';
import { cleanFilename } from './upload-file.js';

describe('[U4] the type is told by the content', () => {
  it.each([
    ['%PDF-1.7\n', 'x.exe', 'application/pdf'],
    ['junk before\n%PDF-1.4', 'x.pdf', 'application/pdf'],
    ['\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'x.png', 'image/png'],
    ['\xff\xd8\xff\xe0\0\x10JFIF\0', 'x.jpg', 'image/jpeg'],
    ['II*\0\x08\0\0\0', 'x.tif', 'image/tiff'],
    ['<?xml version="1.0"?><Invoice/>', 'x.xml', 'application/xml'],
    ['\n  <rsm:CrossIndustryInvoice xmlns:rsm="u">', 'x.xml', 'application/xml'],
    ['<!DOCTYPE html><html><body>', 'x.html', 'text/html'],
    ['From: a@example.org\r\nSubject: hello\r\n\r\n', 'x.eml', 'message/rfc822'],
    ["UNA:+.? 'UNB+UNOC:3+", 'x.edi', 'text/plain'],
    ['Gr\xfc\xdfe aus K\xf6ln, Rechnung folgt in den n\xe4chsten Tagen per Post an die bekannte Adresse', 'x.txt', 'text/plain'],
    ['PK\x03\x04\x14\0\x06\0', 'x.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ])('%j named %s', (head, name, mime) => {
    expect(fileTypeOf(Buffer.from(head, 'latin1'), name)?.mime).toBe(mime);
  });

  it.each([
    ['MZ\x90\0\x03\0\0\0', 'invoice.pdf'],
    ['\x7fELF\x02\x01\x01\0', 'invoice.pdf'],
    ['PK\x03\x04\x14\0\x06\0', 'archive.zip'],
    ['PK\x03\x04\x14\0\x06\0', 'invoice.pdf'],
    ['\x1f\x8b\x08\0\0\0', 'x.gz'],
  ])('%j named %s is refused', (head, name) => {
    expect(fileTypeOf(Buffer.from(head, 'latin1'), name)).toBeNull();
  });

  it('reads UTF-16', () => {
    expect(fileTypeOf(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<?xml version="1.0"?><a/>', 'utf16le')]), 'x.xml')?.mime).toBe(
      'application/xml',
    );
  });
});

it.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\temp\\a.pdf', 'a.pdf'],
  ['a"b\r\nX: y.pdf', 'abX: y.pdf'],
  ['Rechnung Ä.pdf', 'Rechnung Ä.pdf'],
  ['..', '..'],
  ['', 'document'],
  [`${'x'.repeat(300)}.pdf`, `${'x'.repeat(196)}.pdf`],
])('the name %j is kept as %j', (name, clean) => {
  expect(cleanFilename(name)).toBe(clean);
});
