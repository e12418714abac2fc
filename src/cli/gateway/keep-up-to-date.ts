import { CommandFailure } from "../terminal/exit-codes.ts";
import type { HangUps } from "../terminal/hang-ups.ts";
import {
  keyPaths,
  readConfiguration,
  readTls,
  tlsPaths,
  watchedPaths,
  type Configuration,
  type GatewayFiles,
} from "./gateway-files.ts";
import type { RunningGateway } from "./start-gateway.ts";
import { watchFiles } from "./watch-files.ts";

/**
 * Reads everything again when a file changes or SIGHUP comes. What cannot be used is told, and the last good one stays. Keys are
 * on their own: one that was revoked is refused whatever is wrong with the rest, and a new one costs nobody what is known of engines.
 * So is the certificate, which must not run out because a plan cannot be read. Returns a function that ends it.
 */
export function keepUpToDate(
  files: GatewayFiles,
  service: RunningGateway,
  on: {
    readonly hangUps: HangUps;
    /** When what is in force began to be read, by the clock on the wall, ms. */
    readonly readSinceMs: number;
    readonly reloaded: (configuration: Configuration) => void;
    readonly say: (line: string) => void;
  },
): () => void {
  let last: Promise<void> = Promise.resolve();
  /** One after the other: two at once could end in the older one. */
  const take = (what: string, verb: "is" | "are", reason: string, reload: () => Promise<void>) => {
    const taken = async () => {
      try {
        await reload();
        on.say(`${what} reloaded (${reason})`);
      } catch (error) {
        service.refusedReload();
        const why = error instanceof CommandFailure ? error.message : "it cannot be put together";
        on.say(`the ${what} ${verb} not reloaded (${reason}); the last good one stays in force: ${why}`);
      }
    };
    last = last.then(taken);
  };
  const keys = (reason: string) => take("keys", "are", reason, () => service.reloadKeys());
  const certificate = (reason: string) =>
    take("certificate", "is", reason, async () => {
      const tls = readTls(files);
      if (tls) service.setTls(tls);
    });
  const configuration = (reason: string) => {
    let read: Configuration | null = null;
    take("configuration", "is", reason, async () => {
      read = await readConfiguration(files, process.env);
      await service.reload(read);
    });
    last = last.then(() => {
      if (read) on.reloaded(read);
    });
  };
  on.hangUps.follow(() => {
    const reason = "SIGHUP";
    if (files.keys !== null) keys(reason);
    if (files.tlsCert !== null) certificate(reason);
    configuration(reason);
  });
  const changed = "a file has changed";
  const unwatch = [
    watchFiles(keyPaths(files), () => keys(changed), on.readSinceMs),
    watchFiles(tlsPaths(files), () => certificate(changed), on.readSinceMs),
    watchFiles(watchedPaths(files), () => configuration(changed), on.readSinceMs),
  ];
  return () => {
    on.hangUps.ignore();
    for (const end of unwatch) end();
  };
}
