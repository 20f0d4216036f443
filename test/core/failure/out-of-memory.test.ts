import { expect, it } from 'vitest'
import { saysOutOfMemory } from '../../../src/core/index.ts'

/** The last lines of programs that ran out of their device's memory. */
const printed = [
  'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 7.79 GiB total capacity)',
  'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 3.81 GiB',
  'RuntimeError: CUDA error: out of memory',
  'RuntimeError: CUDA failed with error out of memory',
  'RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`',
  'RuntimeError: MPS backend out of memory (MPS allocated: 17.98 GB, other allocations: 124.94 MB, max allowed: 18.13 GB)',
  'Error: command buffer exited with error status. Insufficient Memory (00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)',
  'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 1080.00 MiB on device 0: cudaMalloc failed: out of memory',
  'BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 16777216',
  'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 4294967296 bytes.',
  'ResourceExhaustedError: OOM when allocating tensor with shape[64,512,1024]',
  '[h264_nvenc @ 0x55d0] OpenEncodeSessionEx failed: out of memory (10): (no details)',
  "RuntimeError: [enforce fail at alloc_cpu.cpp:114] data. DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes",
  'numpy.core._exceptions._ArrayMemoryError: Unable to allocate 14.9 GiB for an array with shape (2000000000,)',
  'MemoryError',
]
const other = ['error: not found', 'the film is about memory', 'no OutOfMemoryErrors here', 'Conversion failed!']

it('knows what programs print when their device has no memory left, and nothing else', () => {
  expect(printed.filter((line) => !saysOutOfMemory(line))).toEqual([])
  expect(other.filter(saysOutOfMemory)).toEqual([])
})
