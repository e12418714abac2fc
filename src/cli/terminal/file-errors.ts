/** What the system's codes for files mean to whoever named the file. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EISDIR: "it is a folder",
  EACCES: "this user may not do that",
  EPERM: "this user may not do that",
  ENOTDIR: "a part of the path is no folder",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "the name is too long",
  ENOSPC: "no space is left on the disk",
  EDQUOT: "this user's share of the disk is used up",
  EFBIG: "the file would become larger than allowed",
  EROFS: "the disk may only be read",
  EMFILE: "too many files are open",
  EIO: "the disk reports a fault",
  EEXIST: "something else is there already",
  ENXIO: "nothing reads it",
};

/** Why a file could not be read or written, in words and with the system's code, for example "it is a folder (EISDIR)". */
export function fileFault(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return reasons[code] === undefined ? code : `${reasons[code]} (${code})`;
}
