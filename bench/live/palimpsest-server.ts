import { compose, openHome, readConfig, readServerRoles } from '../palimpsest.ts';
import { serve } from './serve.ts';

/** As `palimpsest serve` starts it: views and all else in the same process. */
await serve(async (folder) => {
  const config = readConfig({
    ...process.env,
    PALIMPSEST_HOME: folder,
    PORT: '0',
    LOG_LEVEL: 'error',
  });
  const home = await openHome(config, 'serve');
  const composed = await compose(config, home, readServerRoles('data,control,projector,worker'));
  const url = await composed.start();
  return {
    port: Number(new URL(url).port),
    stop: async () => {
      await composed.stop();
      await home.close();
    },
  };
});
