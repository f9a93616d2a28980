import { describeWithPostgres } from '../services.js';
import { survives } from './crash.js';

describeWithPostgres('the demo, killed on PostgreSQL', ({ url }) => survives(() => url));
