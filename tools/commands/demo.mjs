// npm run demo: set up, then the main job of the project.
import { main, setUp } from '../bootstrap/set-up.mjs';
import { expectNoArguments } from '../bootstrap/settings.mjs';

await main(() => {
  expectNoArguments('npm run demo');
  setUp();
  console.log('The engine is built. The demo itself is not here yet: it lands with the model and the training loop.');
  return 0;
});
