// What server and page have in common: no DOM.
export * from '../run-source/exported-view.ts';
export * from '../run-source/view-data.ts';
