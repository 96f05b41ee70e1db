export * from '../run-record/run-record.ts';
