const slash = 0x2f;

/**
 * Path and query of the target in a request line. Some clients name the whole URL there, as they would to a proxy
 * (RFC 9112, 3.2.2); what stands in front of the path means nothing here.
 */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const local = target.charCodeAt(0) === slash ? target : originForm(target);
  const mark = local.indexOf("?");
  if (mark < 0) return { path: local, query: "" };
  return { path: local.slice(0, mark), query: local.slice(mark + 1) };
}

function originForm(target: string): string {
  const rest = /^https?:\/\/[^/?#]*(.*)$/i.exec(target)?.[1];
  if (rest === undefined) return target;
  return rest.startsWith("/") ? rest : `/${rest}`;
}
