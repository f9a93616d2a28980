/** What a stranger sends on. */
import { connect } from 'node:net';

/** A connection that stays open. */
export class Connection {
  /** @param {URL} url */
  constructor(url) {
    this.socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    this.socket.on('error', () => undefined);
    this.socket.setEncoding('latin1');
  }

  /**
   * Sends a request, and resolves to the status of its answer; to null where the connection ends without one. @param
   * {Buffer} request @returns {Promise<number | null>}
   */
  send(request) {
    if (this.socket.closed) return Promise.resolve(null);
    return new Promise((resolve) => {
      let said = '';
      const onData = (/** @type {string} */ text) => {
        said += text;
        if (!isWhole(said)) return;
        this.socket.off('data', onData).off('close', onClose);
        resolve(Number(said.slice(9, 12)));
      };
      const onClose = () => resolve(null);
      this.socket.on('data', onData).once('close', onClose);
      this.socket.write(request);
    });
  }

  end() {
    this.socket.destroy();
  }
}

/** An answer has JSON, or says that it has no body. @param {string} said */
const isWhole = (said) =>
  said.endsWith('}') ||
  (said.endsWith('\r\n\r\n') && (said.slice(9, 12) === '204' || /\ncontent-length: 0\r/i.test(said)));
