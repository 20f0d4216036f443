import { describe, expect, it } from 'vitest'
import { ffmpeg, inputArgs, mediaFormats, progressSeconds, secondsArg } from '../../../stages/tools/ffmpeg.ts'

describe('inputArgs', () => {
  it('binds an input to one local file of a known kind', () => {
    expect(inputArgs('/films/-a talk.mp4', { startS: 1.5 })).toEqual([
      ...['-protocol_whitelist', 'file', '-format_whitelist', mediaFormats.join(',')],
      ...['-analyzeduration', '300000000', '-probesize', '100000000'],
      ...['-ss', '1.5', '-i', 'file:/films/-a talk.mp4'],
    ])
  })

  it('forces the one format that is expected', () => {
    expect(inputArgs('/t/en.srt', { format: 'srt' })).toEqual([
      ...['-protocol_whitelist', 'file', '-format_whitelist', 'srt'],
      ...['-analyzeduration', '300000000', '-probesize', '100000000', '-f', 'srt', '-i', 'file:/t/en.srt'],
    ])
  })

  it('opens no format that names other files', () => {
    const names = mediaFormats.flatMap((group) => group.split(','))
    for (const scripted of ['concat', 'hls', 'dash', 'image2', 'sdp', 'lavfi', 'rtsp'])
      expect(names).not.toContain(scripted)
  })
})

describe('secondsArg', () => {
  it.each([
    [0, '0'],
    [10, '10'],
    [12.5, '12.5'],
    [0.1 + 0.2, '0.3'],
    [1e-7, '0'],
    [36_000.25, '36000.25'],
  ])('writes %d as %s', (seconds, text) => {
    expect(secondsArg(seconds)).toBe(text)
  })
})

describe('progressSeconds', () => {
  it('reads the time that is done, and nothing else', () => {
    expect(progressSeconds('out_time_us=1500000')).toBe(1.5)
    expect(progressSeconds('out_time_us=N/A')).toBeUndefined()
    expect(progressSeconds('out_time=00:00:01.500000')).toBeUndefined()
    expect(progressSeconds('progress=end')).toBeUndefined()
  })
})

describe('the version', () => {
  it.each([
    [
      'ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers\nbuilt with gcc 12',
      '5.1.9-0+deb12u1',
    ],
    ['ffmpeg version n7.1 Copyright', 'n7.1'],
    ['command not found', undefined],
  ])('is found in %j', (printed, version) => {
    expect(ffmpeg.version.parse(printed)).toBe(version)
  })
})
