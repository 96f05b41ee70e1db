export * from '../run-source/view-data.ts';
