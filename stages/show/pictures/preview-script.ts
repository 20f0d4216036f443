/** What runs in the preview: it draws the plan at the time that the song is at. It is text, because it runs in a browser. */
export const previewScript = `
const show = JSON.parse(document.getElementById('show').textContent)
const audio = document.querySelector('audio')
const canvas = document.querySelector('canvas')
const seconds = show.durationMs / 1000
const laneTop = 118, laneHeight = 26
const ink = document.querySelector('.ink')
const style = (name) => { ink.style.color = 'var(' + name + ')'; return getComputedStyle(ink).color }
const last = (list, time, at) => {
  let low = 0, high = list.length
  while (low < high) { const middle = (low + high) >> 1; if (at(list[middle]) <= time) low = middle + 1; else high = middle }
  return low - 1
}
const tiles = show.groups.map((group) => {
  const tile = document.createElement('div')
  tile.className = 'tile'
  const [light, name, effect] = ['i', 'b', 'span'].map((kind) => tile.appendChild(document.createElement(kind)))
  name.textContent = group.group
  document.querySelector('.tiles').append(tile)
  const label = document.createElement('div')
  label.textContent = group.group
  document.querySelector('.names').append(label)
  return { light, effect }
})
const colors = (effect) => show.palettes[effect.palette].colors
let backdrop
const draw = () => {
  const wide = canvas.clientWidth, high = laneTop + laneHeight * show.groups.length, scale = devicePixelRatio
  canvas.style.height = high + 'px'
  canvas.width = wide * scale
  canvas.height = high * scale
  const pen = canvas.getContext('2d')
  pen.scale(scale, scale)
  const x = (time) => (wide * time) / seconds
  pen.font = '600 12px system-ui, sans-serif'
  for (const section of show.sections) {
    const fill = show.palettes[section.palette].colors[1]
    pen.globalAlpha = 0.28
    pen.fillStyle = fill
    pen.beginPath()
    pen.roundRect(x(section.startS) + 1, 0, Math.max(1, x(section.endS) - x(section.startS) - 2), 104, 5)
    pen.fill()
    pen.globalAlpha = 1
    pen.fillStyle = style('--text')
    const text = section.label + section.occurrence + ' ' + section.theme
    const room = x(section.endS) - x(section.startS) - 12
    const shown = [text, section.label + section.occurrence].find((one) => pen.measureText(one).width < room)
    if (shown) pen.fillText(shown, x(section.startS) + 7, 17)
  }
  pen.fillStyle = style('--muted')
  const columns = Math.min(show.peaks.length, Math.floor(wide / 2))
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * show.peaks.length) / columns), to = Math.ceil(((column + 1) * show.peaks.length) / columns)
    const tall = 76 * Math.max(0.01, ...show.peaks.slice(from, to)) / 100
    pen.fillRect((wide * column) / columns, 62 - tall / 2, Math.max(1, wide / columns - 1), tall)
  }
  show.groups.forEach((group, row) => {
    for (const effect of group.effects) {
      const left = x(effect.startMs / 1000), right = x(effect.endMs / 1000)
      if (effect.effect === 'Off') continue
      const fade = pen.createLinearGradient(left, 0, Math.max(right, left + 1), 0)
      const shades = colors(effect)
      shades.forEach((color, at) => fade.addColorStop(at / Math.max(1, shades.length - 1), color))
      pen.globalAlpha = 0.25 + (0.75 * effect.brightness) / 100
      pen.fillStyle = fade
      pen.fillRect(left, laneTop + row * laneHeight + 3, Math.max(1, right - left - 1), laneHeight - 6)
      pen.globalAlpha = 1
    }
  })
  backdrop = pen.getImageData(0, 0, canvas.width, canvas.height)
}
const wanted = Number(new URLSearchParams(location.hash.slice(1)).get('t') ?? 0)
let atS = wanted
audio.addEventListener('loadedmetadata', () => { if (wanted > 0) audio.currentTime = wanted })
const tick = () => {
  if (!audio.paused || audio.currentTime > 0) atS = audio.currentTime
  const beat = last(show.beats, atS, ([time]) => time)
  const [beatS = 0, bar = 0, position = 0] = show.beats[beat] ?? []
  const since = beat < 0 ? 1 : atS - beatS
  const pulse = Math.exp(-since * (position === 1 ? 4 : 7))
  tiles.forEach(({ light, effect: label }, row) => {
    const effects = show.groups[row].effects
    const effect = effects[last(effects, atS * 1000, ({ startMs }) => startMs)]
    const isOn = effect !== undefined && effect.effect !== 'Off'
    label.textContent = isOn ? effect.effect : 'off'
    if (isOn) light.style.background = 'linear-gradient(' + (atS * 60 + row * 45) + 'deg, ' + colors(effect).join(', ') + ')'
    light.style.opacity = isOn ? (effect.brightness / 100) * (0.5 + 0.5 * pulse) : 0
  })
  const section = show.sections[last(show.sections, atS, ({ startS }) => startS)]
  const clock = Math.floor(atS / 60) + ':' + String(Math.floor(atS % 60)).padStart(2, '0')
  document.querySelector('.beat').textContent =
    clock + (beat < 0 ? '' : ', bar ' + bar + ' beat ' + position) + (section ? ', ' + section.label + section.occurrence + ' ' + section.theme : '')
  const line = show.lyrics[last(show.lyrics, atS, ({ startS }) => startS)]
  const sung = document.querySelector('.sung')
  sung.replaceChildren()
  if (line && atS < line.endS + 0.5) {
    for (const word of line.words) {
      const part = document.createElement(atS >= word.startS && atS < word.endS ? 'em' : 'span')
      part.textContent = word.text + ' '
      sung.append(part)
    }
  }
  const pen = canvas.getContext('2d')
  pen.putImageData(backdrop, 0, 0)
  pen.fillStyle = style('--accent')
  pen.fillRect((canvas.clientWidth * atS) / seconds - 1, 0, 2, canvas.clientHeight)
  requestAnimationFrame(tick)
}
canvas.addEventListener('click', (event) => {
  atS = (seconds * event.offsetX) / canvas.clientWidth
  audio.currentTime = atS
})
addEventListener('keydown', (event) => {
  if (event.code !== 'Space' || event.target === audio) return
  event.preventDefault()
  if (audio.paused) audio.play()
  else audio.pause()
})
addEventListener('resize', draw)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
draw()
tick()
`
