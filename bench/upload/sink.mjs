/**
 * Takes uploads and throws them away; answers as exdata would, with the number of bytes that came in `x-received`.
 * Prints its port.
 */
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  let received = 0;
  request.on('data', (/** @type {Buffer} */ chunk) => (received += chunk.length));
  request.on('end', () => {
    response.writeHead(201, { 'content-type': 'application/json', 'x-request-id': `req_${received}` });
    response.end(JSON.stringify({ data: { id: 1, status: 'pending' } }));
  });
});
server.requestTimeout = 0;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' && address !== null ? address.port : '');
});
