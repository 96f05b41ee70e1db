// npm run build: set up and build what is stale, asking Nx even if nothing seems to have changed.
import { main, setUp } from '../bootstrap/set-up.mjs';

await main(() => {
  setUp({ forceBuild: true });
  return 0;
});
