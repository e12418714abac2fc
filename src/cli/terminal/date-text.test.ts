import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochMsOfDate } from "./date-text.ts";

describe("a date as text", () => {
  it("is a day, a minute, a second or a part of one, in UTC where no zone is named", () => {
    expect(epochMsOfDate("2027-01-31")).toBe(Date.UTC(2027, 0, 31));
    expect(epochMsOfDate(" 2027-01-31T08:15 ")).toBe(Date.UTC(2027, 0, 31, 8, 15));
    expect(epochMsOfDate("2027-01-31 08:15:30.250")).toBe(Date.UTC(2027, 0, 31, 8, 15, 30, 250));
    expect(epochMsOfDate("2027-01-31T08:15:30Z")).toBe(Date.UTC(2027, 0, 31, 8, 15, 30));
    expect(epochMsOfDate("2027-01-31T08:15:30+01:00")).toBe(Date.UTC(2027, 0, 31, 7, 15, 30));
    expect(epochMsOfDate("2027-01-31T08:15:30-0330")).toBe(Date.UTC(2027, 0, 31, 11, 45, 30));
  });

  it.each([
    "2027-02-29",
    "2027-02-30",
    "2027-13-01",
    "2027-00-10",
    "2027-01-32",
    "2027-01-31T25:00",
    "2027-01-31T08:61",
  ])("is none on days and at times that do not exist: %s", (text) => expect(epochMsOfDate(text)).toBeNaN());

  it.each(["", "tomorrow", "2027", "2027-1-31", "31.01.2027", "Jan 31 2027", "2027-01-31T08:15+99:00", "2027-01-31x"])(
    "is none in another form: %j",
    (text) => expect(epochMsOfDate(text)).toBeNaN(),
  );

  it("reads back every time that a computer writes", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date("9999-12-31"), noInvalidDate: true }), (date) => {
        expect(epochMsOfDate(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});
