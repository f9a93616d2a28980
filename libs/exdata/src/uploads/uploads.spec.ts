import { describe, expect, it } from '@jest/globals';
import { fileTypeOf } from './file-type.js';
import { isAllowed, nameFits } from './type-rules.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
/** A zip's local header (APPNOTE 4.3.7), with what lies under it stored as it is. */
function zipEntry(name: string, content = ''): string {
  const header = Buffer.alloc(30);
  header.write('PK\x03\x04', 'latin1');
  header.writeUInt32LE(content.length, 18);
  header.writeUInt16LE(name.length, 26);
  return header.toString('latin1') + name + content;
}
const ole = (stream: string): string =>
  bytes('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1').toString('latin1') +
  '\0'.repeat(600) +
  Buffer.from(`${stream}\0`, 'utf16le').toString('latin1');
const utf16 = (text: string, mark = true): string =>
  (mark ? '\xff\xfe' : '') + Buffer.from(text, 'utf16le').toString('latin1');
/** "Счет на оплату" and more of it, as Windows writes it. */
const windows1251 = '\xd1\xf7\xe5\xf2 \xed\xe0 \xee\xef\xeb\xe0\xf2\xf3 \xb9 7 \x97 \xe2\xf1\xe5\xe3\xee';
const openXml = 'application/vnd.openxmlformats-officedocument';

describe('[U4] the type is told by the content', () => {
  it.each([
    ['%PDF-1.7\n', 'exe', 'application/pdf'],
    ['junk before\n%PDF-1.4', 'pdf', 'application/pdf'],
    ['\xef\xbb\xbf\r\n%PDF-1.4\n\xe2\xe3\xcf\xd3\0', '', 'application/pdf'],
    ['\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'png', 'image/png'],
    ['\xff\xd8\xff\xe0\0\x10JFIF\0', 'jpg', 'image/jpeg'],
    ['II*\0\x08\0\0\0', 'tif', 'image/tiff'],
    ['\0\0\0\x18ftypheic\0\0\0\0', 'heic', 'image/heif'],
    ['\0\0\0\x18ftypheix\0\0\0\0', 'heic', 'image/heif'],
    ['\0\0\0\x18ftypmsf1\0\0\0\0', 'heif', 'image/heif'],
    ['II+\0\x08\0\0\0', 'tif', 'image/tiff'],
    ['MM\0+\0\x08\0\0', 'tif', 'image/tiff'],
    ['<?xml version="1.0"?><Invoice/>', 'xml', 'application/xml'],
    ['\n  <rsm:CrossIndustryInvoice xmlns:rsm="u">', 'xml', 'application/xml'],
    ['<!DOCTYPE cXML SYSTEM "cXML.dtd"><cXML/>', 'xml', 'application/xml'],
    ['<Factura/>', '', 'application/xml'],
    [utf16('<?xml version="1.0"?><a/>'), 'xml', 'application/xml'],
    [utf16('<?xml version="1.0"?><a/>', false), 'xml', 'application/xml'],
    ['<!DOCTYPE html><html><body>', 'html', 'text/html'],
    ['<html lang="de"><body>see file.pdf: %PDF-1.4', 'html', 'text/html'],
    ['Hello\n<html>', 'html', 'text/html'],
    ['From: a@example.org\r\nSubject: hello\r\n\r\nDear %PDF-', 'eml', 'message/rfc822'],
    ['X-Mailer: some\r\nReceived: from a\r\n by b\r\nDate: now\r\n\r\n', 'eml', 'message/rfc822'],
    ['From a@example.org Thu Jan 1\nFrom: a@example.org\nTo: b@example.org\n\nx', '', 'message/rfc822'],
    ['To: whom it may concern, we write to you today', 'txt', 'text/plain'],
    ['{\\rtf1\\ansi hello}', 'rtf', 'application/rtf'],
    ["UNA:+.? 'UNB+UNOC:3+", 'edi', 'text/plain'],
    ['MZ;12;13\n', 'csv', 'text/plain'],
    [
      'Gr\xfc\xdfe aus K\xf6ln, Rechnung folgt in den n\xe4chsten Tagen per Post an die bekannte Adresse',
      'txt',
      'text/plain',
    ],
    [windows1251, 'txt', 'text/plain'],
    [`${windows1251}\x1a`, 'csv', 'text/plain'],
    [`<!DOCTYPE html><html><head><meta charset="windows-1251"></head><body>${windows1251}`, 'html', 'text/html'],
    [`<?xml version="1.0" encoding="windows-1251"?><Счет>`.replace('Счет', windows1251), 'xml', 'application/xml'],
    [`From: a@example.org\r\nSubject: ${windows1251}\r\n\r\n${windows1251}`, 'eml', 'message/rfc822'],
    ['From: a@example.org\r\nSubject: binary\r\nMIME-Version: 1.0\r\n\r\n\0\x01\x02\x03\0', 'eml', 'message/rfc822'],
    ['<html><body>\0\0\xcf\xf0', 'html', 'text/html'],
    ['\x82\xb1\x82\xea\x82\xcd\x90\xbf\x8b\x81\x8f\x91\x82\xc5\x82\xb7', 'txt', 'text/plain'],
    [zipEntry('[Content_Types].xml', 'x') + zipEntry('word/document.xml'), '', `${openXml}.wordprocessingml.document`],
    [zipEntry('_rels/.rels') + zipEntry('xl/workbook.xml'), 'docx', `${openXml}.spreadsheetml.sheet`],
    [zipEntry('[Content_Types].xml', 'x'), 'pptx', `${openXml}.presentationml.presentation`],
    [zipEntry('mimetype', 'application/vnd.oasis.opendocument.text'), 'zip', 'application/vnd.oasis.opendocument.text'],
    [ole('WordDocument'), 'xls', 'application/msword'],
    [ole('Workbook'), '', 'application/vnd.ms-excel'],
    [ole('__properties_version1.0'), 'msg', 'application/vnd.ms-outlook'],
    [ole('far away'), 'doc', 'application/msword'],
  ])('%j .%s', (head, ending, mime) => {
    const type = fileTypeOf(bytes(head), ending);
    expect(type?.mime).toBe(mime);
    expect(type && isAllowed(type, ['pdf', 'image', 'office', 'email', 'html', 'xml', 'text'])).toBe(true);
  });

  it.each([
    ['MZ\x90\0\x03\0\0\0', 'pdf'],
    ['MZ\x90\0\x03\0\0\0%PDF-1.4', 'pdf'],
    ['\x7fELF\x02\x01\x01\0', 'pdf'],
    ['\xca\xfe\xba\xbe\0\0\0\x34', 'pdf'],
    ['#!/bin/sh\nrm -rf /', 'txt'],
    ['\x01\x02\x03\0\0\0', 'pdf'],
    ['\xcf\xf0\x01\xe8\x02\xe2\x03\xe5\x04\xf2', 'txt'],
    ['\xcf\xf0\xe8\xe2\xe5\xf2\0', 'txt'],
  ])('%j .%s is told to be nothing that can be sent', (head, ending) => {
    expect(fileTypeOf(bytes(head), ending)).toBeNull();
  });

  it.each([
    [zipEntry('setup.exe'), 'docx'],
    [zipEntry('setup.exe'), 'pdf'],
    [zipEntry('a.txt', '%PDF-1.4'), 'pdf'],
    [ole('far away'), 'pdf'],
    ['\x1f\x8b\x08\0\0\0', 'gz'],
    ['\0\0\0\x18ftypavif', 'avif'],
    ['\0\0\0\x18ftypmp42\0\0\0\0', 'mp4'],
  ])('%j .%s is of no family that exdata reads', (head, ending) => {
    const type = fileTypeOf(bytes(head), ending);
    expect(type && isAllowed(type, ['pdf', 'image', 'office', 'email', 'html', 'xml', 'text'])).toBe(false);
  });
});

describe('[U4] the allow-list', () => {
  const zip = { mime: 'application/zip', extension: 'zip' };

  it('takes families and media types', () => {
    expect(isAllowed(zip, ['pdf', 'application/zip'])).toBe(true);
    expect(isAllowed({ mime: 'image/png', extension: 'png' }, ['image'])).toBe(true);
    expect(isAllowed({ mime: 'image/png', extension: 'png' }, ['pdf', 'image/jpeg'])).toBe(false);
  });
});

describe('[U4] the name over the content', () => {
  const of = (mime: string) => ({ mime, extension: mime.replace('application/', '') });
  it.each([
    ['application/pdf', 'pdf', true],
    ['application/pdf', '', true],
    ['application/pdf', 'tmp', true],
    ['application/pdf', 'docx', false],
    ['application/pdf', 'exe', false],
    ['application/pdf', 'zip', false],
    ['application/pdf', 'js', false],
    ['application/pdf', 'com', true],
    ['application/zip', 'zip', true],
    ['text/plain', 'js', true],
    ['text/plain', 'exe', false],
    ['text/plain', 'pdf', false],
    ['image/png', 'jpg', true],
    ['image/png', 'pdf', false],
    ['application/rtf', 'doc', true],
    ['text/plain', 'xls', true],
    ['application/xml', 'pdf', false],
    ['application/xml', 'xhtml', true],
    ['message/rfc822', 'txt', true],
  ])('%s as .%s: %s', (mime, ending, fits) => {
    expect(nameFits(of(mime), ending)).toBe(fits);
  });
});
