/** Invisible, and without a width: between two characters it keeps players from reading them as markup. */
export const wordJoiner = '\u2060'
