export { environmentProxy, variableFaults } from './environment-proxy.js';
export { proxyFault } from './proxy-fault.js';
