import { Failure } from '../../core/failure.ts'

/** What SQLite's words mean to the operator. Codes: https://sqlite.org/rescode.html */
const SENTENCES: readonly (readonly [prefix: string, sentence: string])[] = [
  ['SQLITE_FULL', 'The disk that holds the database is full.'],
  ['SQLITE_READONLY', 'The database or its folder is read-only.'],
  ['SQLITE_CANTOPEN', 'The database file cannot be opened.'],
  ['SQLITE_BUSY', 'Another program holds a lock on the database.'],
  ['SQLITE_LOCKED', 'Another program holds a lock on the database.'],
  ['SQLITE_CORRUPT', 'The database file is damaged; restore a backup.'],
  ['SQLITE_NOTADB', 'The file is not a SQLite database.'],
  ['SQLITE_IOERR', 'The disk that holds the database reports an error.'],
  ['SQLITE_PERM', 'The database file may not be read or written.'],
  ['EACCES', 'The database file or its folder may not be read or written.'],
  ['EROFS', 'The disk that holds the database is read-only.'],
  ['EPERM', 'The database file or its folder may not be read or written.'],
  ['ENOTDIR', 'A part of the path to the database is no folder.'],
  ['EEXIST', 'A part of the path to the database is no folder.'],
  ['EISDIR', 'The path to the database names a folder.'],
  ['ENAMETOOLONG', 'The path to the database is too long.'],
  ['EMFILE', 'This process may not open more files.'],
  ['ENFILE', 'This machine has no more open files to give.'],
  ['ENOSPC', 'The disk that holds the database is full.'],
]

/** @returns the failure for an error of the driver or the file system; any other error comes back as it is, a bug */
export function storeFailure(error: unknown): Error {
  if (error instanceof Failure) return error
  const code = (error as { code?: unknown }).code
  if (typeof code !== 'string') return error instanceof Error ? error : new Error(String(error))
  const sentence = SENTENCES.find(([prefix]) => code.startsWith(prefix))?.[1]
  if (sentence === undefined) return error as Error
  return new Failure('unavailable', { kind: 'later' }, sentence, { detail: code, cause: error })
}
