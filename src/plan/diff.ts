/** What differs between two plans. */
export {};
