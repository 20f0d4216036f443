import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { formatXsq } from '../../../stages/show/export/xsq.ts'
import { faultsIn } from '../../../stages/show/plan/check.ts'
import { contextsOf } from '../../../stages/show/plan/contexts.ts'
import { LayoutError, readLayout, roleOf } from '../../../stages/show/plan/layout.ts'
import { planGroup } from '../../../stages/show/plan/plan-group.ts'
import type { Macro, ShowPlan } from '../../../stages/show/plan/show-plan.ts'

const palettes = [
  { name: 'calm', colors: ['#0000ff', '#000080'] },
  { name: 'loud', colors: ['#ffffff', '#ff0000'] },
]
const section = { occurrence: 1, theme: 'rest', palette: 0, intensity: 0.5, change: 'start', isSung: false } as const
const macro: Macro = {
  mood: 'warm',
  palettes,
  sections: [
    { ...section, startS: 0, endS: 8, label: 'A' },
    { ...section, startS: 8, endS: 16, label: 'B', theme: 'peak', palette: 1, intensity: 1, change: 'lift' },
    { ...section, startS: 16, endS: 24.01, label: 'A', occurrence: 2, change: 'fall' },
  ],
}
const rhythm = {
  durationS: 24.01,
  bars: Array.from({ length: 12 }, (_, at) => 2 * at + 0.003),
  beats: Array.from({ length: 48 }, (_, at) => at / 2 + 0.003),
  impacts: [8.003],
  gaps: [{ startS: 15.2, endS: 15.9 }],
}
const tree = { name: 'Mega Tree', role: 'tree', models: ['Tree'] } as const
const options = { frameMs: 25, seed: 1 }
const showOf = (groups: ShowPlan['groups']): ShowPlan => ({
  ...{ title: 'Rock & roll', artist: 'Band', durationMs: 24_000, frameMs: 25, palettes, groups, warnings: [] },
})
const planned = () => planGroup({ ...tree, models: [...tree.models] }, macro, rhythm, options)

describe('planGroup', () => {
  it('is without gaps on the frames, strikes at impacts, and is dark in silence', () => {
    const plan = planned()
    expect(faultsIn(showOf([plan]))).toEqual([])
    expect(plan.effects.find(({ reason }) => reason === 'an impact')).toMatchObject({
      startMs: 8000,
      effect: 'Shockwave',
    })
    expect(plan.effects.find(({ effect }) => effect === 'Off')).toMatchObject({ startMs: 15_200, endMs: 15_900 })
  })

  it('does the same in sections that sound alike, and another thing with another seed', () => {
    const { effects } = planned()
    const effectsOf = (name: string) =>
      effects.filter(({ reason }) => reason.startsWith(`section ${name}`)).map(({ effect }) => effect)
    expect(effectsOf('A1')).toEqual(effectsOf('A2'))
    const others = [2, 3, 4, 5].map((seed) =>
      planGroup({ ...tree, models: ['Tree'] }, macro, rhythm, { ...options, seed }),
    )
    expect(others.some((other) => JSON.stringify(other) !== JSON.stringify(planned()))).toBe(true)
    expect(planned()).toEqual(planned())
  })

  it('has no faults whatever the song is like', () => {
    const time = fc.double({ min: 0, max: 30, noNaN: true })
    const times = fc.array(time, { maxLength: 40 }).map((list) => list.sort((one, other) => one - other))
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 30, noNaN: true }),
        times,
        times,
        times,
        fc.constantFrom(20, 25, 50),
        (durationS, bars, cuts, marks, frameMs) => {
          const starts = [0, ...new Set(cuts.filter((cut) => cut > 0 && cut < durationS))]
          const sections = starts.map((startS, at) => ({
            ...section,
            startS,
            endS: starts[at + 1] ?? durationS,
            label: 'A',
            intensity: (at % 5) / 4,
          }))
          const inside = marks.filter((mark) => mark < durationS)
          const gaps = inside.map((startS) => ({ startS, endS: Math.min(durationS, startS + 0.4) }))
          const song = { durationS, bars, beats: bars, impacts: inside, gaps }
          const plan = planGroup({ ...tree, models: [] }, { ...macro, sections }, song, { frameMs, seed: 1 })
          const durationMs = Math.floor((durationS * 1000 + 1e-6) / frameMs) * frameMs
          expect(faultsIn({ ...showOf([plan]), durationMs, frameMs })).toEqual([])
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('faultsIn', () => {
  it('names gaps, overlaps, times off the frames and plans that end too early', () => {
    const [first, second, ...rest] = planned().effects
    if (first === undefined || second === undefined) throw new TypeError('there are two effects')
    const messages = (effects: typeof rest) =>
      faultsIn(showOf([{ ...planned(), effects }])).map(({ message }) => message)
    expect(messages([second, ...rest])[0]).toMatch(/^there is a gap before/)
    expect(messages([{ ...first, endMs: first.endMs + 25 }, second, ...rest])[0]).toMatch(
      /overlaps the effect before it$/,
    )
    expect(messages([first, { ...second, startMs: second.startMs + 1 }, ...rest])).toContainEqual(
      expect.stringMatching(/is not on a frame of 25 ms$/),
    )
    expect(messages([first])).toEqual(['the plan of Mega Tree does not end with the song'])
  })
})

const layout = `<?xml version="1.0"?><xrgb>
<models><model name="Tree &amp; Star" DisplayAs="Tree 360"/><model name="Arch 1" DisplayAs="Arches"/><model DisplayAs="Custom"/></models>
<view_objects><view_object name="House" DisplayAs="Mesh"/></view_objects>
<modelGroups><modelGroup name="Left" models="Tree &amp; Star, Arch 1"/><modelGroup name="left" models=""/></modelGroups></xrgb>`

describe('readLayout', () => {
  it('reads models and groups, and makes contexts of what differs in more than case', () => {
    const read = readLayout(layout)
    expect(read.models.map(({ name }) => name)).toEqual(['Tree & Star', 'Arch 1'])
    expect(contextsOf(read)).toEqual([{ name: 'Left', role: 'tree', models: ['Tree & Star', 'Arch 1'] }])
    expect(contextsOf({ ...read, groups: [] }).map(({ name, role }) => [name, role])).toEqual([
      ['Tree & Star', 'tree'],
      ['Arch 1', 'arch'],
    ])
  })

  it('refuses other files, and says why', () => {
    expect(() => readLayout('<html></html>')).toThrow('its root is <html>, not <xrgb>')
    expect(() => readLayout('<xrgb><models>')).toThrow(LayoutError)
    expect(() => readLayout('<xrgb/>')).toThrow('no models and no groups')
  })

  it('knows parts by what they are shown as or called', () => {
    expect([
      roleOf('Roof', 'Single Line'),
      roleOf('P10 panel', ''),
      roleOf('Whole House', ''),
      roleOf('Snowman', 'Custom'),
    ]).toEqual([...['line', 'matrix', 'all', 'face']])
  })
})

describe('formatXsq', () => {
  const plan = planned()
  const tracks = [{ name: 'Beats', layers: [[{ label: '1', startMs: 0, endMs: 500 }]] }]
  const short = { ...plan, effects: plan.effects.slice(0, 1) }
  const file = formatXsq({
    plan: showOf([short]),
    macro: { ...macro, sections: macro.sections.slice(0, 2) },
    tracks,
    mediaFile: 'a&b.mp3',
  })

  it('is the minimum that xLights reads', () => {
    const effect = short.effects[0]
    expect(file).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<xsequence BaseChannel="0" ChanCtrlBasic="0" ChanCtrlColor="0" FixedPointTiming="1" ModelBlending="true">
  <head>
    <version>2026.16</version>
    <author>Reprise</author>
    <author-email></author-email>
    <author-website></author-website>
    <song>Rock &amp; roll</song>
    <artist>Band</artist>
    <album></album>
    <MusicURL></MusicURL>
    <comment></comment>
    <sequenceTiming>25 ms</sequenceTiming>
    <sequenceType>Media</sequenceType>
    <mediaFile>a&amp;b.mp3</mediaFile>
    <sequenceDuration>24.000</sequenceDuration>
    <imageDir></imageDir>
  </head>
  <ColorPalettes>
    <ColorPalette>C_BUTTON_Palette1=#0000FF,C_BUTTON_Palette2=#000080,C_CHECKBOX_Palette1=1,C_CHECKBOX_Palette2=1,C_SLIDER_Brightness=70</ColorPalette>
  </ColorPalettes>
  <EffectDB>
    <Effect>T_TEXTCTRL_Fadein=1.00</Effect>
  </EffectDB>
  <SongStructure activeView="Sections">
    <View name="Sections">
      <Region id="1" startTimeMS="0" endTimeMS="8000" name="A1 rest" color="FF000080"/>
      <Region id="2" startTimeMS="8000" endTimeMS="16000" name="B1 peak" color="FFFF0000"/>
    </View>
  </SongStructure>
  <DataLayers/>
  <DisplayElements>
    <Element collapsed="0" type="timing" name="Beats" visible="1" views="" active="0"/>
    <Element collapsed="0" type="model" name="Mega Tree" visible="1"/>
  </DisplayElements>
  <ElementEffects>
    <Element type="timing" name="Beats">
      <EffectLayer>
        <Effect label="1" startTime="0" endTime="500"/>
      </EffectLayer>
    </Element>
    <Element type="model" name="Mega Tree">
      <EffectLayer>
        <Effect ref="0" name="${effect?.effect}" startTime="${effect?.startMs}" endTime="${effect?.endMs}" palette="0"/>
      </EffectLayer>
    </Element>
  </ElementEffects>
  <lastView>0</lastView>
  <TimingTags/>
</xsequence>
`)
  })

  it('refers to palettes and settings that are there, and leaves dark stretches empty', () => {
    const whole = formatXsq({ plan: showOf([plan]), macro, tracks, mediaFile: '' })
    const counts = { ColorPalette: 0, refs: 0, palettes: 0, settings: 0, off: 0 }
    const open: string[] = []
    const parser = new SaxesParser()
    parser.on('opentag', ({ name, attributes }) => {
      open.push(name)
      if (name === 'ColorPalette') counts.ColorPalette++
      if (open.join('/') === 'xsequence/EffectDB/Effect') counts.settings++
      if (attributes.ref === undefined) return
      counts.refs = Math.max(counts.refs, Number(attributes.ref))
      counts.palettes = Math.max(counts.palettes, Number(attributes.palette))
      if (attributes.name === 'Off') counts.off++
    })
    parser.on('closetag', () => void open.pop())
    parser.write(whole).close()
    expect(counts.palettes).toBe(counts.ColorPalette - 1)
    expect(counts.refs).toBe(counts.settings - 1)
    expect(counts.off).toBe(0)
  })
})
