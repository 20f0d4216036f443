import { describe, expect, it } from 'vitest'
import { packetArgs, packetEndS, parseProbe, probeArgs, unreadable } from '../../../stages/tools/ffprobe.ts'

const printed = JSON.stringify({
  streams: [
    {
      index: 0,
      codec_type: 'video',
      codec_name: 'h264',
      duration: '7.720000',
      tags: { language: 'und', handler_name: 'VideoHandler' },
      disposition: { default: 1, attached_pic: 0 },
    },
    { index: 1, codec_type: 'video', codec_name: 'mjpeg', disposition: { default: 0, attached_pic: 1 } },
    { index: 2, codec_type: 'audio', codec_name: 'aac', tags: { DURATION: '01:00:07.799000000', title: 'Main' } },
    { index: 3, codec_type: 'data', duration: 'N/A' },
  ],
  format: { format_name: 'mpegts', start_time: '1.400000', duration: '7.735000', tags: { title: 'A talk' } },
})

describe('parseProbe', () => {
  it('reads the container and its streams', () => {
    const media = parseProbe(printed)
    expect(media).toMatchObject({ format: 'mpegts', durationS: 7.735, startS: 1.4 })
    expect(media?.streams.map(({ kind, codec, endsS }) => [kind, codec, endsS])).toEqual([
      ['video', 'h264', [7.72]],
      ['video', 'mjpeg', []],
      ['audio', 'aac', [3607.799]],
      ['data', 'unknown', []],
    ])
    expect(media?.streams.map(({ isPicture }) => isPicture)).toEqual([false, true, false, false])
    expect(media?.streams[0]).toMatchObject({ language: 'und', handler: 'VideoHandler', isDefault: true })
    expect(media?.streams[2]?.title).toBe('Main')
  })

  it('counts lengths from where the file starts, also those that are counted from time zero', () => {
    const late = (format_name: string) =>
      parseProbe(
        JSON.stringify({
          streams: [
            { index: 0, codec_type: 'video', start_time: '20', duration: '8' },
            { index: 1, codec_type: 'audio', start_time: '22', tags: { DURATION: '00:00:30.500' } },
          ],
          format: { format_name, start_time: '20', duration: '30.5' },
        }),
      )
    const matroska = late('matroska,webm')
    expect(matroska?.durationS).toBe(10.5)
    expect(matroska?.streams.map(({ endsS }) => endsS)).toEqual([
      [8, -12],
      [32.5, 10.5],
    ])
    const transport = late('mpegts')
    expect(transport?.durationS).toBe(30.5)
    expect(transport?.streams.map(({ endsS }) => endsS)).toEqual([[8], [32.5]])
  })

  it.each(['', 'not json', '{}', '[]', 'null', '{"format":{},"streams":[]}', '{"format":{"format_name":"wav"}}'])(
    'finds no media in %j',
    (text) => {
      expect(parseProbe(text)).toBeUndefined()
    },
  )
})

describe('unreadable', () => {
  it('tells a script, a file cut off, and anything else apart', () => {
    const script = "[concat @ 0x562633969280] Format not on whitelist 'mov'\nfile:/x: Invalid argument"
    expect(unreadable('video', script, '/x')).toContain(
      "the input 'video' is not a media file but 'concat', a playlist",
    )
    expect(unreadable('video', '[mov @ 0x1] moov atom not found\nfile:/x: Invalid data', '/x')).toContain('truncated')
    expect(unreadable('video', 'file:/x: Invalid data found when processing input', '/x')).toBe(
      "the input 'video' cannot be read as a media file (ffprobe: Invalid data found when processing input): pass a video or audio file",
    )
    expect(unreadable('video', '', '/x')).not.toContain('ffprobe')
  })
})

describe('the arguments', () => {
  it('open one local file', () => {
    for (const args of [probeArgs('/a b'), packetArgs('/a b'), packetArgs('/a b', 90)]) {
      expect(args.at(-1)).toBe('file:/a b')
      expect(args).toContain('-protocol_whitelist')
      expect(args).toContain('-format_whitelist')
    }
    expect(packetArgs('/a', 90)).toContain('90%')
  })
})

describe('packetEndS', () => {
  it('adds the duration to the time, and takes the decoding time where there is no other', () => {
    expect(packetEndS('pts_time=7.000000|dts_time=6.900000|duration_time=0.040000')).toBeCloseTo(7.04)
    expect(packetEndS('pts_time=N/A|dts_time=6.500000|duration_time=N/A')).toBe(6.5)
    expect(packetEndS('pts_time=N/A|dts_time=N/A|duration_time=0.04')).toBeUndefined()
    expect(packetEndS('')).toBeUndefined()
  })
})
