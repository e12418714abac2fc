const prefix = "gateway:";

/**
 * Account of rows that a gateway wrote for requests which another one handed over to it: that one has charged its caller and
 * wrote the row that is owed for, and these are the serving owner's own evidence of it. Nothing is charged in them.
 */
export function gatewayAccount(gateway: string): string {
  return prefix + gateway;
}

/** Whether rows of an account are such evidence; in a sum over several ledgers their attempts would count twice. */
export function isGatewayAccount(account: string | null): boolean {
  return account?.startsWith(prefix) ?? false;
}
