import { expect, it } from "vitest";
import { splitTarget } from "./request-target.ts";

it.each([
  ["/v1/x?y=z", "/v1/x", "y=z"],
  ["/v1/x", "/v1/x", ""],
  ["/a?b?c", "/a", "b?c"],
  ["http://a:80/v1/x?y=z", "/v1/x", "y=z"],
  ["HTTPS://b/v1/x", "/v1/x", ""],
  ["http://user@[::1]:1/v1/x", "/v1/x", ""],
  ["http://a", "/", ""],
  ["http://a?y", "/", "y"],
  ["*", "*", ""],
  ["a:80", "a:80", ""],
  ["//a/b", "//a/b", ""],
])("a target is known by its path, also when it names the whole URL: %s", (target, path, query) => {
  expect(splitTarget(target)).toEqual({ path, query });
});
