import type { Macro, PlannedEffect, ShowPlan } from '../plan/show-plan.ts'
import { flooredMs } from './frames.ts'
import { type TimingTrack, xmlText } from './xtiming.ts'

export interface Sequence {
  readonly plan: ShowPlan
  readonly macro: Macro
  readonly tracks: readonly TimingTrack[]
  /** The name of the song's file, as the sequence finds it beside itself. */
  readonly mediaFile: string
}

/** The version of xLights whose format this is. */
const version = '2026.16'

/**
 * Returns a show as an `.xsq` sequence of xLights: timing tracks, an effect layer for each part of the display, the song's
 * sections as regions of its structure. Effects that xLights has further settings for begin with its defaults.
 */
export function formatXsq({ plan, macro, tracks, mediaFile }: Sequence): string {
  const palettes = new Indexed()
  const settings = new Indexed()
  const layers = plan.groups.map(({ group, effects }) => ({
    group,
    effects: effects
      .filter(({ effect }) => effect !== 'Off')
      .map((effect) => ({
        effect,
        palette: palettes.of(paletteText(plan, effect)),
        ref: settings.of(settingsText(effect)),
      })),
  }))
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<xsequence BaseChannel="0" ChanCtrlBasic="0" ChanCtrlColor="0" FixedPointTiming="1" ModelBlending="true">',
    '  <head>',
    ...headLines(plan, mediaFile),
    '  </head>',
    '  <ColorPalettes>',
    ...palettes.texts.map((text) => `    <ColorPalette>${text}</ColorPalette>`),
    '  </ColorPalettes>',
    '  <EffectDB>',
    ...settings.texts.map((text) => `    <Effect>${text}</Effect>`),
    '  </EffectDB>',
    ...structureLines(macro, plan.frameMs),
    '  <DataLayers/>',
    '  <DisplayElements>',
    ...tracks.map(({ name }) => displayElement('timing', name)),
    ...plan.groups.map(({ group }) => displayElement('model', group)),
    '  </DisplayElements>',
    '  <ElementEffects>',
    ...tracks.flatMap(timingLines),
    ...layers.flatMap(({ group, effects }) => [
      `    <Element type="model" name="${xmlText(group)}">`,
      '      <EffectLayer>',
      ...effects.map(
        ({ effect: { effect, startMs, endMs }, ref, palette }) =>
          `        <Effect ref="${ref}" name="${xmlText(effect)}" startTime="${startMs}" endTime="${endMs}" palette="${palette}"/>`,
      ),
      '      </EffectLayer>',
      '    </Element>',
    ]),
    '  </ElementEffects>',
    '  <lastView>0</lastView>',
    '  <TimingTags/>',
    '</xsequence>',
    '',
  ]
  return lines.join('\n')
}

/** Texts that are named by their index, each once. */
class Indexed {
  readonly #indices = new Map<string, number>()

  of(text: string): number {
    const known = this.#indices.get(text)
    if (known !== undefined) return known
    this.#indices.set(text, this.#indices.size)
    return this.#indices.size - 1
  }

  get texts(): readonly string[] {
    return [...this.#indices.keys()].map(xmlText)
  }
}

function headLines({ title, artist, frameMs, durationMs }: ShowPlan, mediaFile: string): readonly string[] {
  const fields = {
    ...{ version, author: 'Reprise', 'author-email': '', 'author-website': '', song: title, artist, album: '' },
    ...{ MusicURL: '', comment: '', sequenceTiming: `${frameMs} ms`, sequenceType: 'Media', mediaFile },
    ...{ sequenceDuration: (durationMs / 1000).toFixed(3), imageDir: '' },
  }
  return Object.entries(fields).map(([name, value]) => `    <${name}>${xmlText(value)}</${name}>`)
}

function structureLines({ sections, palettes }: Macro, frameMs: number): readonly string[] {
  const regions = sections.flatMap(({ startS, endS, label, occurrence, theme, palette }, at) => {
    const [startMs, endMs] = [at === 0 ? 0 : flooredMs(startS, frameMs), flooredMs(endS, frameMs)]
    if (endMs <= startMs) return []
    const color = `FF${(palettes[palette]?.colors[1] ?? '#808080').slice(1).toUpperCase()}`
    const name = xmlText(`${label}${occurrence} ${theme}`)
    return [
      `      <Region id="${at + 1}" startTimeMS="${startMs}" endTimeMS="${endMs}" name="${name}" color="${color}"/>`,
    ]
  })
  return [
    '  <SongStructure activeView="Sections">',
    '    <View name="Sections">',
    ...regions,
    '    </View>',
    '  </SongStructure>',
  ]
}

function displayElement(type: 'timing' | 'model', name: string): string {
  const active = type === 'timing' ? ' views="" active="0"' : ''
  return `    <Element collapsed="0" type="${type}" name="${xmlText(name)}" visible="1"${active}/>`
}

function timingLines({ name, layers }: TimingTrack): readonly string[] {
  return [
    `    <Element type="timing" name="${xmlText(name)}">`,
    ...layers.flatMap((marks) => [
      '      <EffectLayer>',
      ...marks.map(
        ({ label, startMs, endMs }) =>
          `        <Effect label="${xmlText(label)}" startTime="${startMs}" endTime="${endMs}"/>`,
      ),
      '      </EffectLayer>',
    ]),
    '    </Element>',
  ]
}

/** xLights has places for eight colours, each of which is on or off. */
function paletteText({ palettes }: ShowPlan, { palette, brightness }: PlannedEffect): string {
  const colors = palettes[palette]?.colors.slice(0, 8) ?? []
  const buttons = colors.map((color, at) => `C_BUTTON_Palette${at + 1}=${color.toUpperCase()}`)
  const boxes = colors.map((_, at) => `C_CHECKBOX_Palette${at + 1}=1`)
  return [...buttons, ...boxes, ...(brightness === 100 ? [] : [`C_SLIDER_Brightness=${brightness}`])].join(',')
}

function settingsText({ fadeInS, fadeOutS }: PlannedEffect): string {
  const fades = [
    ...(fadeInS > 0 ? [`T_TEXTCTRL_Fadein=${fadeInS.toFixed(2)}`] : []),
    ...(fadeOutS > 0 ? [`T_TEXTCTRL_Fadeout=${fadeOutS.toFixed(2)}`] : []),
  ]
  return fades.join(',')
}
