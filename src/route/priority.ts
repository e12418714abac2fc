/** Who is served first when not everyone can be: most urgent first. */
export const priorities = ["high", "normal", "low"] as const;

export type Priority = (typeof priorities)[number];

/** The lesser of what an account has and what a request asks for: a request may step back, never push forward. */
export function lesserPriority(granted: Priority, asked: string | undefined): Priority {
  const wish = priorities.indexOf(asked as Priority);
  return wish > priorities.indexOf(granted) ? priorities[wish]! : granted;
}
