const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u

/** Returns whether a line has letters that are written from right to left. */
export function isRightToLeft(line: string): boolean {
  return rightToLeft.test(line)
}
