const sampleRateHz = 16_000
const windowSamples = 400
/** How many frequencies a window has. */
export const melBins = windowSamples / 2 + 1

/** The scale of Slaney: linear up to 1000 Hz, logarithmic above. */
const linearHz = 1000
const hzPerMel = 200 / 3
const linearMels = linearHz / hzPerMel
const logStep = Math.log(6.4) / 27

function melOf(hz: number): number {
  return hz < linearHz ? hz / hzPerMel : linearMels + Math.log(hz / linearHz) / logStep
}

function hzOf(mel: number): number {
  return mel < linearMels ? mel * hzPerMel : linearHz * Math.exp(logStep * (mel - linearMels))
}

/** Returns the mel filters of Whisper, band by band: triangles over frequency, each of the same area. */
export function melFilters(mels: number): Float32Array {
  const topMel = melOf(sampleRateHz / 2)
  const edgesHz = Array.from({ length: mels + 2 }, (_, index) => hzOf((topMel * index) / (mels + 1)))
  const filters = new Float32Array(mels * melBins)
  for (let mel = 0; mel < mels; mel += 1) {
    const [low = 0, middle = 0, high = 0] = edgesHz.slice(mel, mel + 3)
    for (let bin = 0; bin < melBins; bin += 1) {
      const hz = (bin * sampleRateHz) / windowSamples
      const height = Math.max(0, Math.min((hz - low) / (middle - low), (high - hz) / (high - middle)))
      filters[mel * melBins + bin] = (height * 2) / (high - low)
    }
  }
  return filters
}
