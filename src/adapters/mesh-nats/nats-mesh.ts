import {
  connect,
  credsAuthenticator,
  usernamePasswordAuthenticator,
  type Authenticator,
  type NatsConnection,
  type Subscription,
} from "@nats-io/transport-node";
import type { Mesh } from "../../serve/index.ts";

export interface NatsMeshOptions {
  /** Servers, any of which will do: `nats://host:4222`, `tls://host:4222`. */
  readonly servers: readonly string[];
  /** Texts of one mesh go by this subject. */
  readonly subject: string;
  /**
   * A credentials file of NATS, or `user:password`; asked for with every connection as it may be renewed. Null = the server asks
   * for nothing.
   */
  readonly credentials: (() => string) | null;
  /** The network went away or came back. */
  readonly onChange?: (works: boolean) => void;
  /** It cannot be reached, and why; told once until it was. */
  readonly onTrouble?: (why: string) => void;
}

/** Between two tries to reach a server, ms. */
const reconnectMs = 1_000;
/** A server that hangs is given up after two of these, ms; its place takes another, or itself when it is back. */
const pingMs = 2_000;

/**
 * A control network of NATS, without JetStream: what is said there is worth a second. Returns at once, whether or not a server
 * can be reached, and goes on trying for as long as it is not closed.
 */
export function createNatsMesh(options: NatsMeshOptions): Mesh {
  const { servers, subject, credentials, onChange = () => {}, onTrouble = () => {} } = options;
  const listeners = new Set<(text: string) => void>();
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
  let connection: NatsConnection | null = null;
  let works = false;
  let closed = false;
  let troubled = false;
  let wake = () => {};

  const change = (now: boolean) => {
    if (works !== now && !closed) onChange(now);
    works = now;
  };

  async function hear(subscription: Subscription): Promise<void> {
    for await (const { data } of subscription) {
      const text = decoder.decode(data);
      for (const heard of listeners) {
        try {
          heard(text);
        } catch {
          // One text that cannot be taken must not end the hearing of all that come after it.
        }
      }
    }
  }

  async function follow(opened: NatsConnection): Promise<void> {
    for await (const { type } of opened.status()) {
      if (type === "disconnect" || type === "staleConnection") change(false);
      else if (type === "reconnect") change(true);
    }
  }

  async function open(): Promise<void> {
    while (!closed) {
      try {
        const opened = await connect({
          servers: [...servers],
          name: "disperse",
          maxReconnectAttempts: -1,
          reconnectTimeWait: reconnectMs,
          timeout: 2 * pingMs,
          pingInterval: pingMs,
          maxPingOut: 2,
          // Whoever asked for TLS must not get less because the server offers less.
          ...(servers.some((url) => url.startsWith("tls:")) && { tls: {} }),
          ...(credentials !== null && { authenticator: authenticatorOf(credentials()) }),
        });
        if (closed) return await opened.close();
        connection = opened;
        // What a server says while it goes is told by the status as well.
        opened.closed().catch(() => {});
        void hear(opened.subscribe(subject)).catch(() => {});
        void follow(opened).catch(() => {});
        troubled = false;
        change(true);
        const end = await opened.closed();
        connection = null;
        change(false);
        // Refused for good, for instance because credentials have run out: they may be renewed.
        if (!closed && end) await pause();
      } catch (error) {
        if (!troubled && !closed) onTrouble((error as Error).message);
        troubled = true;
        await pause();
      }
    }
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, reconnectMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  const running = open();

  return {
    publish(text) {
      // The client would keep what cannot be sent and send all of it later, when it is worth nothing.
      if (!works || connection === null) return;
      try {
        connection.publish(subject, encoder.encode(text));
      } catch {
        // Too large for the server, or closed just now.
      }
    },
    listen(heard) {
      const listener = (text: string) => heard(text);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      closed = true;
      listeners.clear();
      wake();
      await connection?.close().catch(() => {});
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, reconnectMs).unref())]);
    },
  } satisfies Mesh;
}

function authenticatorOf(credentials: string): Authenticator {
  if (credentials.includes("-----BEGIN")) return credsAuthenticator(new TextEncoder().encode(credentials));
  const text = credentials.trim();
  const at = text.indexOf(":");
  if (at < 1) throw new Error("the file of credentials holds neither those of NATS nor user:password");
  return usernamePasswordAuthenticator(text.slice(0, at), text.slice(at + 1));
}
