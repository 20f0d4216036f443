/** Returns the 16 bit samples of the 256 codes of A-law (ITU-T G.711). */
export function aLawTable(): Int16Array {
  return Int16Array.from({ length: 256 }, (_, code) => {
    const bits = code ^ 0x55
    const exponent = (bits >> 4) & 7
    const mantissa = ((bits & 15) << 4) + 8
    const size = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
    return (bits & 0x80) === 0 ? -size : size
  })
}

/** Returns the 16 bit samples of the 256 codes of u-law (ITU-T G.711). */
export function muLawTable(): Int16Array {
  return Int16Array.from({ length: 256 }, (_, code) => {
    const bits = ~code & 0xff
    const size = ((((bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84
    return (bits & 0x80) === 0 ? size : -size
  })
}
