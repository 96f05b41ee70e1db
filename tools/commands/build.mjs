// npm run build: set up and build what is stale, asking Nx even if nothing seems to have changed.
import { main, setUp } from '../bootstrap/set-up.mjs';
import { expectNoArguments } from '../bootstrap/settings.mjs';

await main(() => {
  expectNoArguments('npm run build');
  setUp({ forceBuild: true });
  return 0;
});
