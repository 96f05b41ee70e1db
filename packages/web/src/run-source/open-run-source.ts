// Which data a page has: what was exported beside it, what `ggb view` serves, else the built-in sample.
import type { ExportedView } from './exported-view.ts';
import { HttpSource } from './http-source.ts';
import { SampleSource } from './sample-source.ts';
import { StaticSource } from './static-source.ts';
import type { RunSource } from './view-data.ts';

/**
 * Call once, when the page begins. Takes the token out of the address: by now it is in a cookie, and whoever copies the
 * address, or looks over a shoulder, need not have it.
 */
export function openRunSource(): RunSource {
  const { GGB_EXPORT: exported } = globalThis as { readonly GGB_EXPORT?: ExportedView };
  if (exported !== undefined) return new StaticSource(exported);
  const served = document.querySelector('meta[name="ggb-view"]')?.getAttribute('content');
  if (served === undefined || served === null) return new SampleSource();
  const address = new URL(location.href);
  if (address.searchParams.has('token')) {
    address.searchParams.delete('token');
    history.replaceState(history.state, '', address);
  }
  return new HttpSource({ canAnnotate: served === 'annotate' });
}
