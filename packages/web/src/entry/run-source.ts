export * from '../run-source/exported-view.ts';
export * from '../run-source/http-source.ts';
export * from '../run-source/open-run-source.ts';
export * from '../run-source/sample-source.ts';
export * from '../run-source/static-source.ts';
export * from '../run-source/view-data.ts';
