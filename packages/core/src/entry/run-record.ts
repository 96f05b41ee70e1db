export * from '../run-record/parse.ts';
export * from '../run-record/run-record.ts';
