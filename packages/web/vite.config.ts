// The page as one file: script and style stand in it, so that it works from file:, where a browser loads no modules, and so
// that a policy can allow them by hash.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

/** Puts the chunks of the bundle into the page. The script is a classic one, behind the elements that it works on. */
function inOneFile(): Plugin {
  return {
    name: 'in-one-file',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const page = bundle['index.html'];
      if (page?.type !== 'asset') throw new Error('in-one-file: the bundle has no index.html.');
      let html = `${page.source}`.replace(/<script type="module"[^>]*><\/script>|<link rel="stylesheet"[^>]*>/g, '');
      for (const [name, part] of Object.entries(bundle)) {
        if (part.type === 'chunk') {
          // A `</script` in a string would end the element.
          html = put(html, '</body>', `<script>${part.code.replace(/<\/(script)/gi, '<\\/$1')}</script>`);
        } else if (name.endsWith('.css')) {
          html = put(html, '</head>', `<style>${part.source}</style>`);
        } else continue;
        delete bundle[name];
      }
      page.source = html;
    },
  };
}

function put(html: string, before: string, element: string): string {
  const at = html.lastIndexOf(before);
  if (at === -1) throw new Error(`in-one-file: index.html has no ${before}.`);
  return `${html.slice(0, at)}${element}${html.slice(at)}`;
}

export default defineConfig({
  plugins: [svelte(), inOneFile()],
  resolve: { conditions: ['@ggb/source', 'module', 'browser'] },
  build: {
    outDir: 'dist/app',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: { output: { format: 'iife' } },
  },
});
