import { SaxesParser } from 'saxes';
import type { SandboxLimits } from '../limits.js';
import { UnreadableInvoiceError } from './unreadable.js';
import { XmlElement } from './xml-element.js';
import { decodeXml, decodeXmlStart } from './xml-text.js';

/**
 * Reads a whole XML document into elements. A document type is refused, so there are no entities but XML's own five.
 * @throws {UnreadableInvoiceError} for XML that is not well-formed, has a DOCTYPE, or is larger or deeper than the
 * limits
 */
export function readXml(bytes: Uint8Array, limits: SandboxLimits): XmlElement {
  if (bytes.length > limits.xmlBytes)
    throw new UnreadableInvoiceError(`The XML is larger than ${limits.xmlBytes} bytes.`);
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (cause) => {
    throw new UnreadableInvoiceError('The XML is not well-formed.', { cause });
  });
  parser.on('doctype', () => {
    throw new UnreadableInvoiceError('The XML has a document type, which an invoice must not have.');
  });
  parser.on('opentag', ({ local, uri, attributes }) => {
    if (open.length >= limits.xmlDepth)
      throw new UnreadableInvoiceError(`The XML is nested deeper than ${limits.xmlDepth} elements.`);
    const values = Object.values(attributes).map((attribute) => [attribute.local, attribute.value] as const);
    const element = new XmlElement(local, uri, new Map(values));
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  const append = (text: string): void => open.at(-1)?.append(text);
  parser.on('text', append);
  parser.on('cdata', append);
  parser.on('closetag', () => {
    open.pop();
  });
  parser.write(decodeXml(bytes)).close();
  if (root === undefined) throw new UnreadableInvoiceError('The XML has no element.');
  return root;
}

/** Comments and license texts before the root are rarely longer. */
const startBytes = 65_536;

/**
 * The name and namespace of the root element; undefined when the bytes do not begin as XML does. Reads no further than
 * that element.
 */
export function peekRoot(bytes: Uint8Array): { name: string; namespace: string } | undefined {
  const reached = new Error('The root element was reached.');
  let root: { name: string; namespace: string } | undefined;
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ local, uri }) => {
    root = { name: local, namespace: uri };
    throw reached;
  });
  try {
    parser.write(decodeXmlStart(bytes, startBytes));
  } catch {
    // Either the root was reached or these are not the first bytes of XML; `root` says which.
  }
  return root;
}
