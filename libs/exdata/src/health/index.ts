export { ExdataHealthIndicator } from './exdata.health.js';
export { ExdataHealthModule } from './exdata-health.module.js';
