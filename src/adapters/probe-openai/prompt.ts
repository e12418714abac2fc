/** Common words of one token each in the usual vocabularies. */
const words =
  "time year people way day man thing woman life child world school state family student group country problem hand part place case week company system program question work government number night point home water room mother area money story fact month lot right study book eye job word business issue side kind head house service friend father power hour game line end member law car city community name president team minute idea body information back parent face others level office door health person art war history party result change morning reason research girl guy moment air teacher force education".split(
    " ",
  );

/** A prompt of about `characters` characters that begins unlike any other with another serial number. */
export function promptOf(characters: number, serial: number): string {
  // Numerical Recipes' linear congruential generator: the words need variety, not randomness.
  let state = (serial * 2_654_435_761) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return words[(state >>> 8) % words.length]!;
  };
  let text = `Story ${serial}. Continue at length:`;
  while (text.length < characters) text += ` ${next()}`;
  return text;
}
