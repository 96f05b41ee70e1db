import { mount } from 'svelte';
import { loadSsimKernel } from '../compare/page-ssim.ts';
import { openRunSource } from '../run-source/open-run-source.ts';
import App from './app.svelte';
import './theme.css';
import { Session } from './session.svelte.ts';

const session = new Session(openRunSource());
mount(App, { target: document.getElementById('app') as HTMLElement, props: { session } });
void session.start();
void loadSsimKernel();
