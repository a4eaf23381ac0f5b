/** Wiring of the server over HTTP: its log, the service over the safe, and what listens. */
import type { HttpServing, ServeHttp } from '../cli/http-server.js';
import type { Places } from '../gate/door.js';
import { openService } from '../gate/service.js';
import { VERSION } from '../gate/version.js';
import { createLog } from '../log.js';
import { serveAgentHttp } from '../serve/serve.js';

/** Serves a safe. */
export const serve: ServeHttp = async (places: Places, { options, logLevel, onListening }: HttpServing) => {
  const service = await openService(places);
  await serveAgentHttp(service, { options, log: createLog(logLevel), version: VERSION, onListening });
};
