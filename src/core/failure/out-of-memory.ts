/**
 * What programs print when their device runs out of memory: PyTorch, CTranslate2, cuBLAS and cuDNN, ONNX
 * Runtime, TensorFlow, JAX and ggml on CUDA; PyTorch and Metal on Apple silicon; ffmpeg's encoders; and without an
 * accelerator PyTorch, Python and C++.
 */
const words: readonly RegExp[] = [
  /\bCUDA(?: error:| failed with error)? out of memory\b/i,
  /\bCUDA_ERROR_OUT_OF_MEMORY\b|\bcudaErrorMemoryAllocation\b|\bcudaMalloc failed: out of memory\b/,
  /\bCU(?:BLAS|DNN|SOLVER|SPARSE|FFT)_(?:STATUS_)?ALLOC_FAILED\b/,
  /\b(?:torch\.)?(?:cuda\.)?OutOfMemoryError\b/,
  /\bMPS backend out of memory\b/,
  /\bkIOGPUCommandBufferCallbackErrorOutOfMemory\b/,
  /\bFailed to allocate memory for requested buffer of size\b/,
  /\bRESOURCE_EXHAUSTED: Out of memory\b|\bOOM when allocating tensor\b/,
  /\bVK_ERROR_OUT_OF_(?:DEVICE|HOST)_MEMORY\b|\bErrorOutOf(?:Device|Host)Memory\b/,
  /\bOpenEncodeSessionEx failed: out of memory\b/,
  /\bDefaultCPUAllocator: (?:can't allocate memory|not enough memory)/,
  /^(?:\w+\.)*_?(?:Array)?MemoryError\b|\bstd::bad_alloc\b/,
]

/** Returns whether a line of a program's output, or the message of an exception, says that a device ran out of memory. */
export function saysOutOfMemory(text: string): boolean {
  return words.some((word) => word.test(text))
}
