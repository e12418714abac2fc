export { createJsonJournal, type JsonJournalOptions } from "./json-journal.ts";
