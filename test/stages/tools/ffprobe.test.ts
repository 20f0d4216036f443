import { describe, expect, it } from 'vitest'
import { parseProbe, probeArgs, unreadable } from '../../../stages/tools/ffprobe.ts'

const printed = JSON.stringify({
  streams: [
    {
      index: 0,
      codec_type: 'video',
      codec_name: 'h264',
      tags: { language: 'und', handler_name: 'VideoHandler' },
      disposition: { default: 1, attached_pic: 0 },
    },
    { index: 1, codec_type: 'video', codec_name: 'mjpeg', disposition: { default: 0, attached_pic: 1 } },
    { index: 2, codec_type: 'audio', codec_name: 'aac', channels: 6, sample_rate: '48000', tags: { title: 'Main' } },
    { index: 3, codec_type: 'data' },
    { index: 4, codec_type: 'audio', codec_name: 'none', channels: 0, sample_rate: 'N/A' },
  ],
  format: { format_name: 'mpegts', start_time: '1.400000', duration: '7.735000', tags: { title: 'A talk' } },
})

describe('parseProbe', () => {
  it('reads the container and its streams', () => {
    const media = parseProbe(printed)
    expect(media).toMatchObject({ format: 'mpegts', durationS: 7.735, startS: 1.4 })
    expect(
      media?.streams.map(({ kind, codec, channels, sampleRateHz }) => [kind, codec, channels, sampleRateHz]),
    ).toEqual([
      ['video', 'h264', 0, 0],
      ['video', 'mjpeg', 0, 0],
      ['audio', 'aac', 6, 48_000],
      ['data', 'unknown', 0, 0],
      ['audio', 'unknown', 0, 0],
    ])
    expect(media?.streams.map(({ isPicture }) => isPicture)).toEqual([false, true, false, false, false])
    expect(media?.streams[0]).toMatchObject({ language: 'und', handler: 'VideoHandler', isDefault: true })
    expect(media?.streams[2]?.title).toBe('Main')
  })

  it('counts lengths from where the file starts, also those that are counted from time zero', () => {
    const late = (format_name: string) =>
      parseProbe(
        JSON.stringify({
          streams: [],
          format: { format_name, start_time: '20', duration: '30.5' },
        }),
      )
    expect(late('matroska,webm')?.durationS).toBe(10.5)
    expect(late('mpegts')?.durationS).toBe(30.5)
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
    const args = probeArgs('/a b')
    expect(args.at(-1)).toBe('file:/a b')
    expect(args).toContain('-protocol_whitelist')
    expect(args).toContain('-format_whitelist')
  })
})
