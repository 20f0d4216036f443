import type { Runtime } from './model.ts'

/** Runs the models of Whisper. */
export const whisperRuntime: Runtime = {
  name: 'napi-rs-whisper',
  version: '0.0.4',
  licence: 'MIT',
  main: '@napi-rs/whisper',
  systems: ['linux-x64', 'darwin-x64', 'darwin-arm64'],
  packages: [
    {
      name: '@napi-rs/whisper',
      sha256: '5d043cc3781e8b6f8ec6ca14d795a4946ace4c556a8add6d14002087c9548e27',
      sizeBytes: 6952,
    },
    {
      name: '@napi-rs/whisper-linux-x64-gnu',
      system: 'linux-x64',
      sha256: 'e867e62d047c89c24635f4a90c003954be251ccb1c82a8484a492ca0f15394a2',
      sizeBytes: 11_051_333,
    },
    {
      name: '@napi-rs/whisper-darwin-x64',
      system: 'darwin-x64',
      sha256: '1183632d5d559c797180c9b9762a3280b7fd45538b60c3e7b6f3ff520a6c8527',
      sizeBytes: 10_996_400,
    },
    {
      name: '@napi-rs/whisper-darwin-arm64',
      system: 'darwin-arm64',
      sha256: 'f74b5d45178cde65cfdeadd33c434ceb4af11adefa7c84d314417671f9316f96',
      sizeBytes: 9_755_631,
    },
  ],
}

/** Runs models in the format ONNX. */
export const onnxRuntime: Runtime = {
  name: 'onnxruntime',
  version: '1.30.0',
  licence: 'MIT',
  main: 'onnxruntime-node',
  systems: ['linux-x64', 'linux-arm64', 'darwin-arm64'],
  packages: [
    {
      name: 'onnxruntime-node',
      sha256: '6e3390d6b783e7be946fad629292799da28d0b42f84856e50d2c1b0383291e75',
      sizeBytes: 113_507_888,
      only: ['package.json', 'dist', 'bin/napi-v6/PLATFORM/ARCH'],
    },
    {
      name: 'onnxruntime-common',
      sha256: '7906c439e0d3e0f4048caa23b64cdfadc0f455c377f579ce1ab2a4b778f07d5f',
      sizeBytes: 66_795,
    },
  ],
}
