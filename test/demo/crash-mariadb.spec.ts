import { describeWithMariadb } from '../services.js';
import { survives } from './crash.js';

describeWithMariadb('the demo, killed on MariaDB', ({ url }) => survives(() => url));
