export { ExdataCoreModule } from './core.module.js';
export { getExdataApiToken, InjectExdataApi } from './account-api.js';
export { faceExports, faceProviders } from './face.js';
